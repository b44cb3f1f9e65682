import { ExpectedError } from "@holdfast/kernel/errors";
import { bindingRules } from "../../access/explain.ts";
import type { AccessOperation } from "../../access/policy.ts";
import { ident, joinSql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { Context } from "./context.ts";
import { ruleSql } from "./explain-record.ts";
import { aliasesFor, column } from "./where.ts";

/**
 * The sentence of a rule that stands in the way, where it is the only one: whoever is also kept out by a rule without
 * words learns nothing of the record. One statement, and only after a refusal.
 *
 * @returns undefined where no rule has a sentence, or others stand in the way too.
 */
export async function toldRefusal(
  context: Context,
  model: Model,
  operation: AccessOperation,
  ids: readonly number[],
): Promise<ExpectedError | undefined> {
  const { every, one } = bindingRules(context.registry, context.actor, model, operation);
  if (ids.length === 0 || !every.some((rule) => rule.refusal !== undefined)) return undefined;
  const aliases = aliasesFor(context);
  const sets = [...every.map((rule) => [rule]), ...one.filter((list) => list.length > 0)];
  const columns = sets.map(
    (rules) =>
      sql`(${joinSql(
        rules.map((rule) => ruleSql(context, rule, context.actor, aliases)),
        " OR ",
      )})`,
  );
  const tuples = await context.statements.tuples(
    sql`SELECT ${joinSql(columns)} FROM ${ident(tableOf(model))} "t" WHERE ${column("t", "id")} = ANY(${ids}::integer[])`,
  );
  const broken = sets.filter((_rules, at) => tuples.some((tuple) => tuple[at] !== true));
  const sentences = broken.map(([rule]) => rule?.refusal);
  const [first] = sentences;
  if (first === undefined || sentences.includes(undefined)) return undefined;
  return new ExpectedError("access_denied", first, { about: { model: model.name, fields: [] } });
}
