import { ExpectedError } from "@holdfast/kernel/errors";
import { ownCondition } from "../../sql/schema/check-text.ts";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Condition } from "../condition.ts";
import { unruled } from "../condition-context.ts";
import { conditionSql } from "../condition-sql.ts";
import type { Freeze, Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { aliasesFor, all, column, type Place, ruleTerms } from "./where.ts";

/**
 * Terms of the UPDATE's own WHERE that keep frozen fields as they are: the record is open, or each gets the value
 * that it has. So nothing slips between a question and the change. Code of ours is not asked.
 *
 * @param newValue - the new value of a field, as the statement has it.
 */
export function frozenTerms(
  context: Context,
  model: Model,
  { fields, place, newValue }: FrozenChange,
): readonly Sql[] {
  return freezesOf(context, model, fields).map((freeze) => {
    const same = freeze.fields
      .filter((name) => fields.includes(name))
      .map((name) => sql`${column(place.alias, name)} IS NOT DISTINCT FROM ${newValue(name)}`);
    return sql`(${isOpen(model, freeze, place)} OR (${joinSql(same, " AND ")}))`;
  });
}

export interface FrozenChange {
  /** What the statement sets. */
  readonly fields: readonly string[];
  readonly place: Place;
  readonly newValue: (name: string) => Sql;
}

/**
 * Some of the records were not changed. @throws `access_denied` with a freeze's own words, where the actor may write all
 * of the records and one of them is closed; says nothing where anything else stands in the way.
 */
export async function refuseFrozen(
  context: Context,
  model: Model,
  { ids, fields }: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<void> {
  const freezes = freezesOf(context, model, fields);
  if (freezes.length === 0) return;
  const place = { alias: "t", aliases: aliasesFor(context) };
  const open = freezes.map((freeze) => sql`(${isOpen(model, freeze, place)}) IS TRUE`);
  const where = all([
    sql`${column("t", "id")} = ANY(${ids}::integer[])`,
    ...ruleTerms(granted(context, model, "read").rule, place),
    ...ruleTerms(granted(context, model, "write").rule, place),
  ]);
  const tuples = await context.statements.tuples(
    sql`SELECT ${joinSql(open)} FROM ${ident(tableOf(model))} "t" WHERE ${where}`,
  );
  if (tuples.length !== ids.length) return;
  const closed = freezes.find((_freeze, at) => tuples.some((tuple) => tuple[at] !== true));
  if (closed === undefined) return;
  const { fields: readable } = granted(context, model, "read");
  const named = closed.fields.filter((name) => fields.includes(name) && readable.has(name));
  throw new ExpectedError("access_denied", closed.refusal, { about: { model: model.name, fields: named } });
}

function freezesOf({ actor }: Context, model: Model, fields: readonly string[]): readonly Freeze[] {
  if (actor.kind === "system") return [];
  return (model.freezes ?? []).filter((freeze) => freeze.fields.some((name) => fields.includes(name)));
}

const compiled = new WeakMap<Freeze, Condition>();

function isOpen(model: Model, freeze: Freeze, place: Place): Sql {
  let condition = compiled.get(freeze);
  if (condition === undefined) compiled.set(freeze, (condition = ownCondition(model, freeze.open)));
  return conditionSql(condition, { ...place, ruleOf: unruled });
}
