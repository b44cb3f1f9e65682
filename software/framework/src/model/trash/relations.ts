import type { OnDelete } from "../field.ts";
import type { Model } from "../model.ts";
import type { Registry } from "../registry.ts";

/** A many2one seen from its target. */
export interface Incoming {
  readonly child: Model;
  readonly field: string;
}

/** A many2many seen from one of its sides. */
export interface Pairing {
  /** The model that declares it. */
  readonly model: Model;
  readonly field: string;
  readonly target: Model;
}

/** The many2one fields that lead to a model and do this when a record of it is deleted. */
export function incoming(registry: Registry, model: Model, onDelete: OnDelete): Incoming[] {
  return [...registry.models.values()].flatMap((child) =>
    Object.entries(child.fields)
      .filter(
        ([, field]) =>
          field.kind === "many2one" && field.target === model.name && field.onDelete === onDelete,
      )
      .map(([field]) => ({ child, field })),
  );
}

/** The many2many relations on either side of which one of the models stands. */
export function pairings(registry: Registry, models: ReadonlySet<string>): Pairing[] {
  return [...registry.models.values()].flatMap((model) =>
    Object.entries(model.fields)
      .filter(
        ([, { kind, target }]) =>
          kind === "many2many" && (models.has(model.name) || models.has(target ?? "")),
      )
      .map(([field, { target }]) => ({ model, field, target: registry.model(target ?? "") })),
  );
}

/** A model and all whose records the database deletes with its own. */
export function cascadeClosure(registry: Registry, model: Model): Set<Model> {
  const found = new Set([model]);
  for (const one of found) for (const { child } of incoming(registry, one, "cascade")) found.add(child);
  return found;
}
