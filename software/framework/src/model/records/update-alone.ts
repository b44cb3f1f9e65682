import { filled, ident, joinSql, type Sql, slot, sql, steady } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { fromOthers, referredColumns } from "./affected.ts";
import { type Alone, raisingUnless } from "./alone.ts";
import { askedColumn } from "./changes.ts";
import { type Context, granted } from "./context.ts";
import { frozenTerms } from "./freezes.ts";
import { ownRule } from "./held-at-once.ts";
import { keptStatement } from "./kept-statements.ts";
import { meetsChecks } from "./meets-checks.ts";
import { followingAmounts } from "./money.ts";
import type { Prepared } from "./prepare.ts";
import { referenceChecks } from "./references.ts";
import { isOneOf, valueSql } from "./rows.ts";
import { stamps } from "./stamps.ts";
import { updated } from "./stored-value.ts";
import { aliasesFor, all, column, ruleTerms } from "./where.ts";

/**
 * Changes one record by one statement that is its whole transaction: everything that `update` would look at afterwards
 * is a condition of it. What sets off computes, changes collections or needs code to look at what is stored takes more.
 *
 * The statement is put together once for each actor and set of fields; only values are filled in.
 */
export async function updateAlone(
  context: Context,
  alone: Alone,
  model: Model,
  { id, prepared }: { readonly id: number; readonly prepared: Prepared },
): Promise<void> {
  const { columns, collections } = prepared;
  const fields = [...columns.keys()];
  if (context.unit?.outermost !== true || collections.size > 0) alone.refuse();
  const statement = keptStatement(context, ["update alone", model.name, fields], () =>
    statementOf(context, model, fields),
  );
  if (statement === null || !meetsChecks(context, model, { fields, known: columns })) alone.refuse();
  const values = new Map<string, unknown>([...columns, ...stamps(context, ["write"]), ["id", id]]);
  await alone.send(filled(statement, values), 1);
}

/** Null where the change of these fields may have consequences that are not in the statement. */
function statementOf(context: Context, model: Model, fields: readonly string[]): Sql | null {
  const place = { alias: "t", aliases: aliasesFor(context) };
  const rule = ownRule(context, model, "write", place);
  const triggers = (context.triggers.on.get(model.name) ?? []).filter(({ field }) => fields.includes(field));
  if (rule === undefined || !triggers.every(fromOthers) || followingAmounts(model, fields).length > 0)
    return null;
  const conditions = [
    ...referenceChecks(context, model, fields, place).columns,
    ...rule,
    ...referredColumns(context, model, fields).columns.map((referred) => sql`NOT ${referred}`),
    ...askedColumn(context, model).map((asked) => sql`NOT ${asked}`),
  ];
  const given = (name: string) => valueSql(model, name, slot(name) as ColumnValue);
  const after = (name: string) => (fields.includes(name) ? given(name) : column("t", name));
  const newValue = (name: string) => updated(context, model, name, after);
  const own = Object.keys(model.fields).filter((name) => fields.includes(name));
  const set = [
    ...own.map((name) => sql`${ident(name)} = ${newValue(name)}`),
    ...stamps(context, ["write"]).map(([name]) => sql`${ident(name)} = ${given(name)}`),
  ];
  // The rule is part of the statement: between a check and the change nothing can slip.
  const where = all([
    isOneOf([slot("id") as number]),
    ...ruleTerms(granted(context, model, "write").rule, place),
    ...frozenTerms(context, model, { fields, place, newValue }),
  ]);
  const returned = joinSql([column("t", "id"), ...raisingUnless(conditions)]);
  return steady(
    sql`UPDATE ${ident(tableOf(model))} "t" SET ${joinSql(set)} WHERE ${where} RETURNING ${returned}`,
  );
}
