import { present } from "@holdfast/kernel/assert";
import type { Model } from "../model.ts";
import { isNewRecord } from "../model.ts";
import type { Context } from "./context.ts";
import { type Hand, maxInHand } from "./hand.ts";
import type { Chosen } from "./selection.ts";

type Rows = Record<string, unknown>[];

/** Records of a model, and what of them. */
export interface Wanted {
  readonly ids: readonly number[];
  readonly chosen: readonly Chosen[];
}

/** Asks the database for stored records, one statement for all levels. */
export type AskNested = (model: Model, wanted: Wanted) => Promise<Rows>;

/**
 * Nested records from what a transaction has in hand. What is behind the relations of records that are not stored yet
 * is asked for by itself.
 *
 * @returns undefined where the database is to be asked for all of it.
 */
export async function nestedInHand(
  context: Context,
  model: Model,
  { ids, chosen }: Wanted,
  ask: AskNested,
): Promise<Rows | undefined> {
  const hand = context.actor.kind === "system" ? context.unit?.hand : undefined;
  if (hand?.isReading !== true) return undefined;
  if (ids.length === 0) return [];
  const names = chosen.map(({ name }) => name);
  const own = chosen.some(isPart) ? undefined : hand.read(model, ids, names);
  if (own === undefined) return undefined;
  for (const { name, inside } of chosen) {
    if (inside === undefined) continue;
    const target = context.registry.model(model.fields[name]?.target ?? "");
    const wanted = { ids: [...new Set(own.flatMap((row) => idsIn(row[name])))], chosen: inside.fields };
    const behind =
      (await nestedInHand(context, target, wanted, ask)) ??
      (ids.some(isNewRecord) ? await ask(target, wanted) : undefined);
    if (behind === undefined) return undefined;
    const byId = new Map(behind.map((row) => [row["id"], row]));
    for (const row of own) row[name] = placed(row[name], byId);
  }
  return own;
}

/** Some records of a collection, or in another order than they are known in. */
function isPart({ inside }: Chosen): boolean {
  return inside?.limit !== undefined || inside?.order !== undefined;
}

/** Ids of a many2one's record, or of a collection's. */
function idsIn(value: unknown): number[] {
  if (Array.isArray(value)) return value as number[];
  return value === null ? [] : [(value as { readonly id: number }).id];
}

function placed(value: unknown, byId: ReadonlyMap<unknown, unknown>): unknown {
  const rows = idsIn(value).map((id) => present(byId.get(id), "a record that was read"));
  return Array.isArray(value) ? rows : (rows[0] ?? null);
}

/** Reads, and keeps for other computes what was read on each level. */
export function notingNested(
  context: Context,
  model: Model,
  chosen: readonly Chosen[],
  read: () => Promise<Rows>,
): Promise<Rows> {
  const unit = context.actor.kind === "system" ? context.unit : null;
  if (unit === null) return read();
  return unit.noting(read, (hand, rows) => note(context, hand, { model, chosen, rows }));
}

interface Level {
  readonly model: Model;
  readonly chosen: readonly Chosen[];
  readonly rows: Rows;
}

function note(context: Context, hand: Hand, { model, chosen, rows }: Level): void {
  if (rows.length > maxInHand) return;
  const relations = new Map(
    chosen.flatMap(({ name, inside }) => (inside === undefined ? [] : [[name, inside]])),
  );
  for (const row of rows)
    hand.note(
      model,
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, relations.has(name) ? asReference(value) : value]),
      ),
    );
  for (const [name, { fields }] of relations) {
    const target = context.registry.model(model.fields[name]?.target ?? "");
    const behind = rows.flatMap((row) => (row[name] ?? []) as Rows);
    note(context, hand, { model: target, chosen: fields, rows: behind });
  }
}

/** As a read without nesting gives it; collections are kept by nobody. */
function asReference(value: unknown): unknown {
  return value === null || Array.isArray(value)
    ? value
    : { id: (value as { readonly id: number }).id, displayName: "" };
}
