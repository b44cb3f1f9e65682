import { present } from "@holdfast/kernel/assert";
import { ident, type Sql, sql } from "../sql/sql.ts";
import type { Condition, RelatedCondition, TreeCondition } from "./condition.ts";
import { type ConditionContext, unruled, type WriteCondition } from "./condition-context.ts";
import type { Model } from "./model.ts";
import { idIn } from "./record-reference.ts";
import { pairTableOf, tableOf } from "./storage.ts";

/** The SELECT inside an EXISTS: records that a relation leads to, which their model's rule shows and that meet the condition. */
export function relatedSource(term: RelatedCondition, context: ConditionContext, write: WriteCondition): Sql {
  const { at, target } = term;
  const alias = context.aliases.next();
  const [from, row, owner] = [
    sql`${ident(tableOf(target))} ${ident(alias)}`,
    ident(alias),
    ident(context.alias),
  ];
  const holds = sql`${write(term.condition, { ...context, alias })}${rule(target, alias, context, write)}`;
  if (at.field.kind === "many2one")
    return sql`SELECT FROM ${from} WHERE ${row}.id = ${owner}.${ident(at.name)} AND ${holds}`;
  if (at.field.kind === "reference")
    return sql`SELECT FROM ${from} WHERE ${row}.id = ${idIn(sql`${owner}.${ident(at.name)}`, target)} AND ${holds}`;
  if (at.field.kind === "one2many") {
    const inverse = ident(present(at.field.inverse, "the inverse of a one2many"));
    return sql`SELECT FROM ${from} WHERE ${row}.${inverse} = ${owner}.id AND ${holds}`;
  }
  const pair = ident(context.aliases.next());
  return sql`SELECT FROM ${ident(pairTableOf(at.model, at.name))} ${pair} JOIN ${from} ON ${row}.id = ${pair}.right_id WHERE ${pair}.left_id = ${owner}.id AND ${holds}`;
}

/**
 * The ids of a tree. Every step passes the rule: a record that the actor may not see neither is a root
 * nor joins what lies on its two sides. UNION ends the walk in a circle.
 */
export function treeMembers(term: TreeCondition, context: ConditionContext, write: WriteCondition): Sql {
  const { parent } = term;
  const table = ident(tableOf(parent.model));
  const [members, root, next, via] = [
    context.aliases.next(),
    context.aliases.next(),
    context.aliases.next(),
    context.aliases.next(),
  ];
  const roots = write(term.roots, { ...context, alias: root });
  const [m, r, n, v] = [ident(members), ident(root), ident(next), ident(via)];
  const step =
    term.direction === "down"
      ? sql`${m} JOIN ${table} ${n} ON ${n}.${ident(parent.name)} = ${m}.id`
      : sql`${m} JOIN ${table} ${v} ON ${v}.id = ${m}.id JOIN ${table} ${n} ON ${n}.id = ${v}.${ident(parent.name)}`;
  return sql`WITH RECURSIVE ${m}(id) AS (SELECT ${r}.id FROM ${table} ${r} WHERE ${roots}${rule(parent.model, root, context, write)} UNION SELECT ${n}.id FROM ${step} WHERE TRUE${rule(parent.model, next, context, write)}) SELECT id FROM ${m}`;
}

/** ` AND rule`, or nothing. A rule's own traversals pass no rule. */
function rule(model: Model, alias: string, context: ConditionContext, write: WriteCondition): Sql {
  const condition: Condition | null = context.ruleOf(model);
  if (condition === null) return sql``;
  return sql` AND ${write(condition, { ...context, alias, ruleOf: unruled })}`;
}
