import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, literal, type Sql, sql } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import type { Context } from "../records/context.ts";
import { rowColumn, rowsSql } from "../records/rows.ts";
import { stamps } from "../records/stamps.ts";
import { column } from "../records/where.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import { incoming, pairings } from "./relations.ts";
import { pairKey, trashDays, trashModel } from "./trash-model.ts";

/** Most records that one deletion puts into the trash, all that goes with them included. */
export const maxTrashedRecords = 20_000;
/** How deep deletions are followed into what they take with them. */
const maxDepth = 16;

/**
 * Writes records that are about to be deleted into the trash, with what the database will delete or unset with them:
 * one entry for each record. In the transaction of the deletion and before it, while the ways are still there.
 * Rows stay PostgreSQL's own JSON: no amount passes through a number of ours.
 *
 * Statements: one for the records, one for each level of what goes with them, one for pairs and references, one INSERT.
 *
 * @throws `too_large` when more than {@link maxTrashedRecords} would go.
 */
export async function putAway(context: Context, model: Model, ids: readonly number[]): Promise<void> {
  const taken = await takenRows(context, model, ids);
  if (taken.entries.size === 0) return;
  await addLinks(context, taken);
  const now = Temporal.Instant.fromEpochMilliseconds(context.env.clock.now());
  const entries = [...taken.entries];
  const same = (value: ColumnValue) => entries.map(() => value);
  const columns = new Map<string, readonly ColumnValue[]>([
    ["res_model", same(model.name)],
    ["res_id", entries.map(([id]) => id)],
    ["content", entries.map(([, entry]) => contentText(entry, taken.xid))],
    ["takes", entries.map(([, entry]) => count(entry) - 1)],
    ["expires_at", same(now.add({ hours: 24 * trashDays }).toString())],
    ...stamps(context, ["create", "write"]).map(([name, value]) => [name, same(value)] as const),
  ]);
  context.unit?.changing();
  const names = [...columns.keys()];
  await context.statements.tuples(sql`INSERT INTO ${ident(tableOf(trashModel))} (${joinSql(names.map(ident))})
    SELECT ${joinSql(names.map((name) => rowColumn(trashModel, name, "v")))} FROM ${rowsSql(trashModel, columns, "v")}
    ORDER BY "v"."hf_row"`);
}

/** What one record takes with it; texts are JSON as PostgreSQL wrote it. */
interface Entry {
  readonly rows: Map<Model, Map<number, string>>;
  readonly pairs: Map<string, string[]>;
  readonly unset: Map<string, { model: string; field: string; to: number; ids: number[] }>;
}

interface Taken {
  readonly xid: string;
  readonly entries: Map<number, Entry>;
  /** The entry that each record goes into, by model and id. */
  readonly owners: Map<Model, Map<number, Entry>>;
}

async function takenRows(context: Context, model: Model, ids: readonly number[]): Promise<Taken> {
  const tuples = await context.statements.texts(
    sql`SELECT ${column("t", "id")}, to_jsonb("t")::text, pg_current_xact_id()::text
      FROM ${ident(tableOf(model))} "t" WHERE ${column("t", "id")} = ANY(${ids}::integer[])`,
  );
  const taken: Taken = { xid: tuples[0]?.[2] ?? "", entries: new Map(), owners: new Map() };
  for (const [id, row] of tuples) {
    const entry: Entry = { rows: new Map(), pairs: new Map(), unset: new Map() };
    taken.entries.set(Number(id), entry);
    claim(taken, entry, model, [Number(id), row as string]);
  }
  let level = new Map([[model, [...taken.entries.keys()]]]);
  for (let depth = 0; level.size > 0 && depth < maxDepth; depth++) level = await below(context, taken, level);
  return taken;
}

/** Takes what goes with the records of one level. @returns the records that were not taken before. */
async function below(
  context: Context,
  taken: Taken,
  level: ReadonlyMap<Model, readonly number[]>,
): Promise<Map<Model, number[]>> {
  const ways = [...level].flatMap(([parent, ids]) =>
    incoming(context.registry, parent, "cascade").map((way) => ({ ...way, parent, ids })),
  );
  if (ways.length === 0) return new Map();
  const tuples = await context.statements.texts(
    joinSql(
      ways.map(
        ({ child, field, ids }, at) =>
          sql`SELECT ${literal(at)}, ${column("c", field)}, ${column("c", "id")}, to_jsonb("c")::text
            FROM ${ident(tableOf(child))} "c" WHERE ${column("c", field)} = ANY(${ids}::integer[])`,
      ),
      " UNION ALL ",
    ),
  );
  const next = new Map<Model, number[]>();
  for (const [at, owner, id, row] of tuples) {
    const { child, parent } = ways[Number(at)] as (typeof ways)[number];
    const entry = taken.owners.get(parent)?.get(Number(owner));
    if (entry === undefined || !claim(taken, entry, child, [Number(id), row as string])) continue;
    next.set(child, [...(next.get(child) ?? []), Number(id)]);
  }
  return next;
}

/** @returns whether the record was not taken before. */
function claim(taken: Taken, entry: Entry, model: Model, [id, row]: readonly [number, string]): boolean {
  const owners = taken.owners.get(model) ?? new Map<number, Entry>();
  taken.owners.set(model, owners);
  if (owners.has(id)) return false;
  owners.set(id, entry);
  const rows = entry.rows.get(model) ?? new Map<number, string>();
  entry.rows.set(model, rows.set(id, row));
  const all = [...taken.owners.values()].reduce((sum, one) => sum + one.size, 0);
  if (all > maxTrashedRecords) throw tooMany();
  return true;
}

/** Pairs that go, and references that are unset: of records that stay. */
async function addLinks(context: Context, taken: Taken): Promise<void> {
  const ways = linkWays(context, taken);
  if (ways.length === 0) return;
  const statement = joinSql(
    ways.map(({ select }, at) => sql`SELECT ${literal(at)}, ${select}`),
    " UNION ALL ",
  );
  for (const [at, left, right] of await context.statements.texts(statement))
    ways[Number(at)]?.take(Number(left), Number(right));
}

interface Way {
  readonly select: Sql;
  take(left: number, right: number): void;
}

function linkWays(context: Context, taken: Taken): Way[] {
  const { registry } = context;
  const names = new Set([...taken.owners.keys()].map((model) => model.name));
  const ownersOf = (name: string) =>
    [...taken.owners].find(([model]) => model.name === name)?.[1] ?? new Map<number, Entry>();
  const pairs = pairings(registry, names).map(({ model, field, target }): Way => {
    const [lefts, rights] = [ownersOf(model.name), ownersOf(target.name)];
    const select = sql`left_id, right_id FROM ${ident(pairTableOf(model, field))}
      WHERE left_id = ANY(${[...lefts.keys()]}::integer[]) OR right_id = ANY(${[...rights.keys()]}::integer[])`;
    return {
      select,
      take(left, right) {
        const key = pairKey(model, field);
        const entries = new Set([lefts.get(left), rights.get(right)]);
        for (const entry of entries)
          entry?.pairs.set(key, [...(entry.pairs.get(key) ?? []), `[${left},${right}]`]);
      },
    };
  });
  const unset = [...taken.owners].flatMap(([model, owners]) =>
    incoming(registry, model, "set null").map(({ child, field }): Way => {
      const gone = [...ownersOf(child.name).keys()];
      const select = sql`${column("c", field)}, ${column("c", "id")} FROM ${ident(tableOf(child))} "c"
        WHERE ${column("c", field)} = ANY(${[...owners.keys()]}::integer[]) AND ${column("c", "id")} <> ALL(${gone}::integer[])`;
      return { select, take: (to, id) => noteUnset(owners.get(to), { model: child.name, field, to, id }) };
    }),
  );
  return [...pairs, ...unset];
}

function noteUnset(
  entry: Entry | undefined,
  one: { readonly model: string; readonly field: string; readonly to: number; readonly id: number },
): void {
  const { id, ...way } = one;
  const key = `${way.model} ${way.field} ${way.to}`;
  const known = entry?.unset.get(key) ?? { ...way, ids: [] };
  known.ids.push(id);
  entry?.unset.set(key, known);
}

function count(entry: Entry): number {
  return [...entry.rows.values()].reduce((sum, rows) => sum + rows.size, 0);
}

/** Put together as text: what PostgreSQL wrote is not read on the way. */
function contentText(entry: Entry, xid: string): string {
  const object = (parts: readonly (readonly [string, string])[]) =>
    `{${parts.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
  const rows = [...entry.rows];
  return object([
    ["xid", JSON.stringify(xid)],
    ["models", JSON.stringify(Object.fromEntries(rows.map(([model, own]) => [model.name, [...own.keys()]])))],
    ["rows", object(rows.map(([model, own]) => [model.name, `[${[...own.values()].join(",")}]`]))],
    ["pairs", object([...entry.pairs].map(([key, pairs]) => [key, `[${pairs.join(",")}]`]))],
    ["unset", JSON.stringify([...entry.unset.values()])],
  ]);
}

function tooMany(): ExpectedError {
  return new ExpectedError(
    "too_large",
    `More than ${maxTrashedRecords} records would be deleted together, which the trash does not take.`,
    { hint: "Delete fewer at once, or what belongs to them first." },
  );
}
