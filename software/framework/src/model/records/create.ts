import { ident, joinSql, sql } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { markStale, ownerColumns, ownersOf } from "./affected.ts";
import { applyCollections } from "./collections.ts";
import { type Context, granted } from "./context.ts";
import { withDefaults } from "./defaults.ts";
import { refuseTooMany } from "./page.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { rowColumn, rowsSql } from "./rows.ts";
import { settling } from "./settle.ts";
import { stamps } from "./stamps.ts";

/**
 * Creates records, all or none: one INSERT for any number, then what their collections, computes and rules
 * need. @returns the new ids, in the order of the values.
 *
 * @param fixed - a field that our own code sets in each of the values; see {@link prepare}.
 */
export function create(
  context: Context,
  model: Model,
  values: readonly Readonly<Record<string, unknown>>[],
  fixed?: string,
): Promise<number[]> {
  return settling(context, async () => {
    const access = granted(context, model, "create");
    refuseTooMany(context, values);
    if (values.length === 0) return [];
    const given = values.map((one) => prepare(context, model, one, { access, fixed }));
    const explicit = given.map((one) => [...one.columns.keys()]);
    const prepared = given.map((one) => withDefaults(context, model, one));
    const ids = await insert(context, model, prepared);
    remember(context, model, { ids, explicit, fixed });
    await applyCollections(
      context,
      model,
      new Map(ids.map((id, i) => [id, prepared[i]?.collections ?? new Map()])),
    );
    return ids;
  });
}

async function insert(context: Context, model: Model, prepared: readonly Prepared[]): Promise<number[]> {
  const columns = new Map<string, readonly ColumnValue[]>();
  for (const name of prepared[0]?.columns.keys() ?? [])
    columns.set(
      name,
      prepared.map((one) => one.columns.get(name) ?? null),
    );
  for (const [name, value] of stamps(context, ["create", "write"]))
    columns.set(
      name,
      prepared.map(() => value),
    );
  const names = [...columns.keys()];
  const owners = ownerColumns(context, model);
  context.unit?.changing();
  const tuples = await context.statements.tuples(sql`
    INSERT INTO ${ident(tableOf(model))} (${joinSql(names.map(ident))})
    SELECT ${joinSql(names.map((name) => rowColumn(model, name, "v")))} FROM ${rowsSql(model, columns, "v")}
    ORDER BY "v"."hf_row" RETURNING ${joinSql(["id", ...owners].map(ident))}`);
  const ids = tuples.map((tuple) => tuple[0] as number);
  await markStale(context, model, { ids, fields: "all", owners: ownersOf(owners, tuples), created: true });
  return ids;
}

interface Created {
  readonly ids: readonly number[];
  readonly explicit: readonly (readonly string[])[];
  readonly fixed: string | undefined;
}

/** What was given by name stays as given, is checked, and refers only to what the actor may read. */
function remember(context: Context, model: Model, { ids, explicit, fixed }: Created): void {
  for (const [i, id] of ids.entries()) context.unit?.keepExplicit(model, id, explicit[i] ?? []);
  const named = new Set(explicit.flat());
  const references = [...named].filter((name) => name !== fixed && model.fields[name]?.kind === "many2one");
  context.unit?.touched(
    { context, model, operation: "create" },
    { ids, fields: Object.keys(model.fields), references },
  );
}
