import type { Actor } from "../../access/actor.ts";
import { conditionOf } from "../../access/compiled-access.ts";
import { type AccessExplanation, bindingRules, explain } from "../../access/explain.ts";
import { boundRule, gate } from "../../access/gate.ts";
import type { RecordRule, RightOperation } from "../../access/policy.ts";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import { Aliases, unruled } from "../condition-context.ts";
import { conditionSql } from "../condition-sql.ts";
import { plainView } from "../keyed.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, notFound } from "./context.ts";
import { column } from "./where.ts";

/** Whether one operation is allowed on one record, and what decides it. */
export interface RecordExplanation extends AccessExplanation {
  readonly id: number;
  /** The operation is granted, and every rule that binds lets the record through. */
  readonly allowedHere: boolean;
  /** Of the rules that bind: whether the record meets them, by the rule's key. */
  readonly meets: Readonly<Record<string, boolean>>;
}

/**
 * Tells why an actor may or may not do something with one record: which grant, and what each rule says of it.
 * One statement. For a system scope, which must have asked whether its caller may know.
 *
 * @throws `not_found` when there is no such record.
 */
export async function explainRecord(
  context: Context,
  model: Model,
  asked: { readonly id: number; readonly actor: Actor; readonly operation: RightOperation },
): Promise<RecordExplanation> {
  const { registry } = context;
  const { id, actor, operation } = asked;
  const { every, one } = bindingRules(registry, actor, model, operation);
  const rules = [...every, ...one.flat()];
  const aliases = new Aliases(plainView);
  const answers = await ask(
    context,
    model,
    id,
    rules.map((rule) => ruleSql(context, rule, actor, aliases)),
  );
  const holds = new Map(rules.map((rule, i) => [rule, answers[i] === true]));
  const met = (rule: RecordRule) => holds.get(rule) === true;
  const explanation = explain(registry, actor, model, operation);
  return {
    ...explanation,
    id,
    allowedHere:
      explanation.allowed && every.every(met) && one.every((list) => list.length === 0 || list.some(met)),
    meets: Object.fromEntries(rules.map((rule) => [rule.key, met(rule)])),
  };
}

/** Columns of one SELECT. */
const actorsAtOnce = 200;

/**
 * Which of the actors may do something with one record; one statement for every 200 of them.
 *
 * @throws `not_found` when there is no such record.
 */
export async function actorsReaching(
  context: Context,
  model: Model,
  asked: { readonly id: number; readonly actors: readonly Actor[]; readonly operation: RightOperation },
): Promise<Actor[]> {
  const { id, actors, operation } = asked;
  const reaching: Actor[] = [];
  for (let at = 0; at === 0 || at < actors.length; at += actorsAtOnce) {
    const some = actors.slice(at, at + actorsAtOnce);
    const aliases = new Aliases(plainView);
    const terms = some.map((actor) => {
      const access = gate(context.registry, actor).on(model, operation);
      if (!access.allowed) return sql`FALSE`;
      const place = { alias: "t", aliases, ruleOf: unruled };
      return access.rule === null ? sql`TRUE` : sql`(${conditionSql(access.rule, place)}) IS TRUE`;
    });
    const answers = await ask(context, model, id, terms);
    reaching.push(...some.filter((_actor, i) => answers[i] === true));
  }
  return reaching;
}

/** Whether a record, under the alias `t`, meets a rule. */
export function ruleSql(context: Context, rule: RecordRule, actor: Actor, aliases: Aliases): Sql {
  const condition = boundRule(context.registry, actor, conditionOf(context.registry, rule));
  return sql`(${conditionSql(condition, { alias: "t", aliases, ruleOf: unruled })}) IS TRUE`;
}

async function ask(context: Context, model: Model, id: number, terms: readonly Sql[]): Promise<unknown[]> {
  const columns = joinSql([column("t", "id"), ...terms]);
  const [tuple] = await context.statements.tuples(
    sql`SELECT ${columns} FROM ${ident(tableOf(model))} "t" WHERE ${column("t", "id")} = ${id}`,
  );
  if (tuple === undefined) throw notFound(model);
  return tuple.slice(1);
}
