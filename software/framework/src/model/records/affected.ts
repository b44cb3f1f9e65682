import { present } from "@holdfast/kernel/assert";
import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import type { Hop, PlacedCompute, Trigger } from "../triggers.ts";
import type { Context } from "./context.ts";
import { column } from "./where.ts";

/** Rows that were inserted, changed or are about to be deleted. */
export interface Change {
  readonly ids: readonly number[];
  /** Names of changed fields; `all` for created and deleted records. */
  readonly fields: ReadonlySet<string> | "all";
  /** Values of {@link ownerColumns} in the changed rows, where the statement returned them. */
  readonly owners?: ReadonlyMap<string, readonly number[]>;
  /** Nothing can refer to a new record yet. */
  readonly created?: true;
  /** Computes that have run for the new records themselves. */
  readonly done?: ReadonlySet<PlacedCompute>;
  /** Relations, by {@link relationKey}, through which no record refers to those that changed. */
  readonly unreferred?: ReadonlySet<string>;
}

/**
 * Marks as stale what depends on a change, also over relations. At most one statement for each distinct
 * way over relations, however many rows changed; none where the way is a one2many whose owners are known.
 */
export async function markStale(context: Context, model: Model, change: Change): Promise<void> {
  const triggers = (context.triggers.on.get(model.name) ?? []).filter(
    (trigger) => change.fields === "all" || change.fields.has(trigger.field),
  );
  for (const group of Map.groupBy(triggers, wayOf).values()) {
    const [first] = group as [Trigger];
    const ids = await reached(context, first.hops, change);
    for (const { placed } of group)
      if (first.hops.length > 0 || change.done?.has(placed) !== true) context.unit?.stale(placed, ids);
  }
}

/** many2one columns through which a record belongs to the one2many of a compute's path. */
export function ownerColumns(context: Context, model: Model): string[] {
  const columns = (context.triggers.on.get(model.name) ?? []).flatMap(
    ({ hops }) => inverseOf(hops.at(-1)) ?? [],
  );
  return [...new Set(columns)];
}

/** What a RETURNING of owner columns gave, from the second place on. */
export function ownersOf(
  columns: readonly string[],
  tuples: readonly (readonly unknown[])[],
): Map<string, number[]> {
  return new Map(
    columns.map((name, i) => {
      const owners = tuples.map((tuple) => tuple[i + 1] as number | null).filter((id) => id !== null);
      return [name, [...new Set(owners)]];
    }),
  );
}

/** Columns of a RETURNING: whether any record refers to the changed one, for each relation that leads to a compute. */
export interface ReferredColumns {
  readonly columns: readonly Sql[];
  /** What {@link Change.unreferred} takes. @param start - where the columns begin in the tuples. */
  unreferred(tuples: readonly (readonly unknown[])[], start: number): ReadonlySet<string>;
}

/** Mostly nobody refers to it, and no statement is needed to find out who. */
export function referredColumns(context: Context, model: Model, fields: readonly string[]): ReferredColumns {
  const last = (context.triggers.on.get(model.name) ?? [])
    .filter((trigger) => fields.includes(trigger.field))
    .flatMap(({ hops }) => hops.at(-1) ?? [])
    .filter((hop) => inverseOf(hop) === undefined);
  const hops = [...new Map(last.map((hop) => [relationKey(hop), hop])).values()];
  return {
    columns: hops.map((hop) => sql`EXISTS (${stepBack(context, hop, sql`= ${column("t", "id")}`)})`),
    unreferred: (tuples, start) =>
      new Set(hops.filter((_hop, i) => tuples.every((tuple) => tuple[start + i] === false)).map(relationKey)),
  };
}

/** Whether only records that refer to the changed one see the change: {@link referredColumns} tells if there are any. */
export function fromOthers({ hops }: Trigger): boolean {
  const last = hops.at(-1);
  return last !== undefined && inverseOf(last) === undefined;
}

function relationKey({ model, field }: Hop): string {
  return `${model.name}.${field}`;
}

function wayOf({ hops }: Trigger): string {
  return hops.map((hop) => `${hop.model.name}.${hop.field}`).join(" ");
}

/** Ids of the records, at the start of the way, that see the change. */
async function reached(context: Context, hops: readonly Hop[], change: Change): Promise<readonly number[]> {
  const last = hops.at(-1);
  if (last === undefined || change.ids.length === 0) return change.ids;
  const inverse = inverseOf(last);
  if (inverse === undefined && (change.created || change.unreferred?.has(relationKey(last)))) return [];
  const owners = inverse === undefined ? undefined : change.owners?.get(inverse);
  if (owners !== undefined && (hops.length === 1 || owners.length === 0)) return owners;
  const start =
    owners === undefined
      ? stepBack(context, last, sql`= ANY(${change.ids}::integer[])`)
      : sql`SELECT unnest(${owners}::integer[])`;
  const rest = hops.slice(0, -1).toReversed();
  const statement = rest.reduce((inner, hop) => stepBack(context, hop, sql`IN (${inner})`), start);
  const tuples = await context.statements.tuples(statement);
  return [...new Set(tuples.map((tuple) => tuple[0] as number | null))].filter((id) => id !== null);
}

/** Records of the hop's model whose relation leads to one of those that `among` names. */
function stepBack(context: Context, { model, field: name }: Hop, among: Sql): Sql {
  const field = present(context.registry.field(model, name), `field "${name}"`);
  if (field.kind === "many2many")
    return sql`SELECT left_id FROM ${ident(pairTableOf(model, name))} WHERE right_id ${among}`;
  if (field.kind === "many2one")
    return sql`SELECT id FROM ${ident(tableOf(model))} WHERE ${ident(name)} ${among}`;
  const target = context.registry.model(field.target ?? "");
  return sql`SELECT ${column("line", field.inverse ?? "")} FROM ${ident(tableOf(target))} "line" WHERE ${column("line", "id")} ${among}`;
}

function inverseOf(hop: Hop | undefined): string | undefined {
  const field = hop?.model.fields[hop.field];
  return field?.kind === "one2many" ? field.inverse : undefined;
}
