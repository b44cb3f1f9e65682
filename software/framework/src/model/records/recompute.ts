import { present } from "@holdfast/kernel/assert";
import { emptySql, ident, joinSql, sql } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import { viewOf } from "../keyed.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { PlacedCompute } from "../triggers.ts";
import { markStale, ownerColumns, ownersOf } from "./affected.ts";
import { askedColumn, wasAsked } from "./changes.ts";
import type { Context } from "./context.ts";
import { followingAmounts } from "./money.ts";
import { rowColumn, rowsSql, steadyFor, valueSql } from "./rows.ts";
import { stamps } from "./stamps.ts";
import { storedValue, updated } from "./stored-value.ts";
import { column } from "./where.ts";

/**
 * Runs one compute for all its stale records and stores what came out different: one UPDATE for all that
 * set the same fields. What the caller gave by name in the same change stays as given.
 */
export async function recompute(
  system: Context,
  { model, compute }: PlacedCompute,
  stale: ReadonlySet<number>,
): Promise<void> {
  const run = () => compute.run(system.env, [...stale]);
  const inHand = compute.plain === true || compute.beforehand === true;
  const computed = await (inHand && system.unit !== null ? system.unit.hand.forReading(run) : run());
  const rows = [...computed]
    .filter(([id]) => stale.has(id))
    .map(([id, values]) => ({ id, columns: checked(system, model, { id, values }) }))
    .filter(({ columns }) => columns.size > 0);
  for (const group of Map.groupBy(rows, ({ columns }) => [...columns.keys()].sort().join()).values())
    await store(system, model, group, compute.touches === true);
}

interface ComputedRow {
  readonly id: number;
  readonly columns: ReadonlyMap<string, ColumnValue>;
}

function checked(
  system: Context,
  model: Model,
  { id, values }: { readonly id: number; readonly values: Readonly<Record<string, unknown>> },
): ReadonlyMap<string, ColumnValue> {
  const explicit = system.unit?.explicitIn(model, id);
  const entries = Object.entries(values).filter(([name]) => !explicit?.has(name));
  return new Map(
    entries.map(([name, value]) => {
      const field = present(model.fields[name], `computed field "${name}" of "${model.name}"`);
      return [name, storedValue({ model, name, field }, value, viewOf(system.actor))];
    }),
  );
}

/** @param touches - rows whose values are the same are written too; only the others have changed. */
async function store(
  system: Context,
  model: Model,
  rows: readonly ComputedRow[],
  touches: boolean,
): Promise<void> {
  const names = [...(rows[0]?.columns.keys() ?? [])];
  const columns = new Map<string, readonly ColumnValue[]>([
    ["id", rows.map((row) => row.id)],
    ...names.map((name) => [name, rows.map((row) => row.columns.get(name) ?? null)] as const),
  ]);
  const owners = ownerColumns(system, model);
  const stamped = stamps(system, ["write"]).map(
    ([name, value]) => sql`${ident(name)} = ${valueSql(model, name, value)}`,
  );
  const given = (name: string) => (columns.has(name) ? rowColumn(model, name, "v") : column("t", name));
  const newValue = (name: string) => updated(system, model, name, given);
  const following = followingAmounts(model, names);
  const set = joinSql([
    ...[...names, ...following].map((name) => sql`${ident(name)} = ${newValue(name)}`),
    ...stamped,
  ]);
  const before = touches ? "b" : "t";
  const differs = joinSql(
    names.map((name) => sql`${column(before, name)} IS DISTINCT FROM ${newValue(name)}`),
    " OR ",
  );
  // A RETURNING has the new values alone: what they were comes from the row as the statement found it.
  const old = touches ? sql`, ${ident(tableOf(model))} "b"` : emptySql;
  const those = touches ? sql`${column("b", "id")} = ${column("t", "id")}` : sql`(${differs})`;
  const changed = touches ? [sql`(${differs})`] : [];
  const asking = askedColumn(system, model);
  const returned = joinSql([...["id", ...owners].map((name) => column("t", name)), ...changed, ...asking]);
  system.unit?.changing();
  const written = await system.statements.tuples(
    steadyFor(
      rows,
      sql`
    UPDATE ${ident(tableOf(model))} "t" SET ${set} FROM ${rowsSql(model, columns, "v")}${old}
    WHERE ${column("t", "id")} = ${column("v", "id")} AND ${those} RETURNING ${returned}`,
    ),
  );
  const tuples = touches ? written.filter((tuple) => tuple[1 + owners.length] === true) : written;
  const ids = tuples.map((tuple) => tuple[0] as number);
  const fields = [...names, ...following];
  system.unit?.changedSince(model, ids, fields);
  await markStale(system, model, { ids, fields: new Set(fields), owners: ownersOf(owners, tuples) });
  system.unit?.touched(
    { context: system, model, operation: "write" },
    { ids, fields, asked: wasAsked(asking, tuples) },
  );
}
