import { filled, type Sql, slot, sql, steady } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { ownerColumns } from "./affected.ts";
import { type Alone, raisingUnless } from "./alone.ts";
import { askedColumn } from "./changes.ts";
import { isIdle } from "./commands.ts";
import type { Context } from "./context.ts";
import { ownRule } from "./held-at-once.ts";
import { type Insert, insertedColumns, insertSql } from "./insert-sql.ts";
import { keptStatement } from "./kept-statements.ts";
import { meetsChecks } from "./meets-checks.ts";
import { referenceChecks } from "./references.ts";
import { maxSteadyRows } from "./rows.ts";
import { aliasesFor, column } from "./where.ts";

/**
 * Creates records by one statement that is its whole transaction: everything that `create` would look at afterwards
 * is a condition of it. Collections, computes that run after the INSERT, and checks that look at more than what is
 * about to be stored take more.
 *
 * The statement is put together once for each actor and set of fields; only values are filled in.
 */
export async function insertAlone(
  context: Context,
  alone: Alone,
  model: Model,
  { prepared, named, done }: Insert,
): Promise<number[]> {
  const fields = Object.keys(model.fields);
  const owners = ownerColumns(context, model);
  const single = prepared.every(
    ({ columns, collections }) =>
      [...collections.values()].every(isIdle) &&
      owners.every((name) => columns.get(name) === null) &&
      meetsChecks(context, model, { fields, known: columns }),
  );
  const stale = (context.triggers.on.get(model.name) ?? []).some(
    ({ hops, placed }) => hops.length === 0 && !done.has(placed),
  );
  if (context.unit?.outermost !== true || !single || stale || prepared.length > maxSteadyRows) alone.refuse();
  const { names, values } = insertedColumns(context, model, prepared);
  const statement = keptStatement(context, ["insert alone", model.name, names, [...named]], () =>
    statementOf(context, model, { names, named }),
  );
  if (statement === null) alone.refuse();
  const tuples = await alone.send(filled(statement, values), prepared.length);
  return tuples.map((tuple) => tuple[0] as number);
}

/** Null where the rule on new records looks at other ones. */
function statementOf(
  context: Context,
  model: Model,
  { names, named }: { readonly names: readonly string[]; readonly named: ReadonlySet<string> },
): Sql | null {
  const place = { alias: "t", aliases: aliasesFor(context) };
  const rule = ownRule(context, model, "create", place);
  if (rule === undefined) return null;
  const conditions = [
    ...referenceChecks(context, model, named, place).columns,
    ...rule,
    ...askedColumn(context, model).map((asked) => sql`NOT ${asked}`),
  ];
  const values = new Map(names.map((name) => [name, slot(name) as readonly ColumnValue[]]));
  const returned = [column("t", "id"), ...raisingUnless(conditions)];
  return steady(insertSql(context, model, { columns: { names, values }, returned }));
}
