import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { Context } from "./context.ts";

/** What a transaction did to the records of one model. */
export interface ModelChanges {
  readonly model: Model;
  readonly created: ReadonlySet<number>;
  /** Fields that were set, by id; records that were created in the same transaction are not among them. */
  readonly written: ReadonlyMap<number, ReadonlySet<string>>;
}

/** Gathers changes of those models that somebody asked to be told of. */
export class Changed {
  readonly #models = new Map<
    string,
    { model: Model; created: Set<number>; written: Map<number, Set<string>> }
  >();

  add(
    model: Model,
    kind: "create" | "write",
    what: { ids: Iterable<number>; fields: Iterable<string> },
  ): void {
    const known = this.#models.get(model.name) ?? { model, created: new Set(), written: new Map() };
    this.#models.set(model.name, known);
    for (const id of what.ids)
      if (kind === "create") known.created.add(id);
      else if (!known.created.has(id))
        known.written.set(id, new Set([...(known.written.get(id) ?? []), ...what.fields]));
  }

  /** What another part of the same transaction did, after what is here. */
  merge(changes: readonly ModelChanges[]): void {
    for (const { model, created, written } of changes) {
      this.add(model, "create", { ids: created, fields: [] });
      for (const [id, fields] of written) this.add(model, "write", { ids: [id], fields });
    }
  }

  forget(model: Model, ids: readonly number[]): void {
    const known = this.#models.get(model.name);
    for (const id of ids) {
      known?.created.delete(id);
      known?.written.delete(id);
    }
  }

  /** All changes, taken off the list. */
  take(): ModelChanges[] {
    const all = [...this.#models.values()];
    this.#models.clear();
    return all;
  }
}

/** The model of those who ask; a registry without it tells nobody. */
const askers = "hf.webhook";

/**
 * A column for the RETURNING of a change: whether somebody asks for changes of the model. Uncorrelated, so
 * PostgreSQL answers it once a statement; a question of its own would be one statement more for each change.
 */
export function askedColumn({ registry }: Pick<Context, "registry">, model: Model): Sql[] {
  const asking = registry.models.get(askers);
  if (asking === undefined || model.name.startsWith("hf.")) return [];
  return [
    sql`EXISTS (SELECT FROM ${ident(tableOf(asking))} WHERE res_model = ${model.name} AND state = 'on')`,
  ];
}

/** What {@link askedColumn} gave, as the last column. */
export function wasAsked(columns: readonly Sql[], tuples: readonly (readonly unknown[])[]): boolean {
  return columns.length > 0 && tuples[0]?.at(-1) === true;
}
