import { assert, present } from "@holdfast/kernel/assert";
import type { Compute, Model } from "./model.ts";
import type { Registry } from "./registry.ts";

/** A compute with its place: whose fields it keeps right, and when its turn is among others. */
export interface PlacedCompute {
  readonly model: Model;
  readonly compute: Compute;
  /** Lower ranks first: a compute comes after those whose results it reads. */
  readonly rank: number;
}

/** One step of a path, from the model that has the relation. */
export interface Hop {
  readonly model: Model;
  readonly field: string;
}

/** When `field` of some record changes, `placed` is stale for the records that reach it over `hops`. */
export interface Trigger {
  readonly field: string;
  readonly placed: PlacedCompute;
  /** From the compute's model towards the changed one; empty when they are the same record. */
  readonly hops: readonly Hop[];
}

/** What each change makes stale, worked out once per registry. */
export interface Triggers {
  /** By the name of the changed model. */
  readonly on: ReadonlyMap<string, readonly Trigger[]>;
  /** Computes by model name. */
  readonly computes: ReadonlyMap<string, readonly PlacedCompute[]>;
}

/** Reads the dependencies of all computes. */
export function buildTriggers(registry: Registry): Triggers {
  const placed = rankedComputes(registry);
  const on = new Map<string, Trigger[]>();
  for (const one of placed)
    for (const path of one.compute.dependsOn)
      for (const { model, ...trigger } of triggersOf(registry, one, path)) add(on, model.name, trigger);
  return { on, computes: Map.groupBy(placed, (one) => one.model.name) };
}

function add(on: Map<string, Trigger[]>, model: string, trigger: Trigger): void {
  const list = on.get(model);
  if (list === undefined) on.set(model, [trigger]);
  else list.push(trigger);
}

/** Each step of a path is watched: its relation, the way back of a one2many, and at last the field. */
function triggersOf(
  registry: Registry,
  placed: PlacedCompute,
  path: string,
): (Trigger & { readonly model: Model })[] {
  const found: (Trigger & { readonly model: Model })[] = [];
  const hops: Hop[] = [];
  let model = placed.model;
  for (const name of path.split(".")) {
    const field = present(registry.field(model, name), `field "${name}" on the path "${path}"`);
    found.push({ model, field: name, placed, hops: [...hops] });
    hops.push({ model, field: name });
    if (field.target === undefined) continue;
    model = registry.model(field.target);
    found.push({ model, field: "id", placed, hops: [...hops] }); // it may be deleted
    if (field.kind === "one2many") found.push({ model, field: field.inverse ?? "", placed, hops: [...hops] });
  }
  return found;
}

function rankedComputes(registry: Registry): PlacedCompute[] {
  const all = [...registry.models.values()].flatMap((model) =>
    (model.computes ?? []).map((compute) => ({ model, compute })),
  );
  const makers = new Map(
    all.flatMap((one) => one.compute.fields.map((name) => [`${one.model.name}.${name}`, one])),
  );
  const ranks = new Map<Compute, number>();
  const rankOf = (one: { readonly model: Model; readonly compute: Compute }): number => {
    const known = ranks.get(one.compute);
    if (known !== undefined) return known;
    ranks.set(one.compute, 0); // A compute that depends on itself through a parent has the rank of its others.
    const before = one.compute.dependsOn
      .flatMap((path) => fieldsOn(registry, one.model, path))
      .flatMap((key) => makers.get(key) ?? [])
      .filter((other) => other.compute !== one.compute);
    const rank = Math.max(0, ...before.map((other) => rankOf(other) + 1));
    ranks.set(one.compute, rank);
    return rank;
  };
  return all.map((one) => ({ ...one, rank: rankOf(one) })).sort((a, b) => a.rank - b.rank);
}

/** Every `model.field` that a path reads. */
function fieldsOn(registry: Registry, start: Model, path: string): string[] {
  let model = start;
  return path.split(".").map((name) => {
    const key = `${model.name}.${name}`;
    const target = registry.field(model, name)?.target;
    assert(name !== "", "a path has no empty step");
    if (target !== undefined) model = registry.model(target);
    return key;
  });
}
