import { assert } from "@holdfast/kernel/assert";
import { emptySql, ident, joinSql, type Sql, sql } from "../sql/sql.ts";
import {
  type Condition,
  type FieldRef,
  isActorValue,
  type RelatedCondition,
  type Scalar,
} from "./condition.ts";
import type { ConditionContext } from "./condition-context.ts";
import { relatedSource, treeMembers } from "./condition-source.ts";
import type { FieldKind } from "./field.ts";
import { foldText } from "./fold.ts";
import { languagesSeen, seenValue } from "./keyed.ts";

/**
 * Writes a condition for a WHERE or an AND: null there stands for false, so it never goes under an SQL
 * `NOT` or into a selected column (negate the condition instead, or wrap it in `(…) IS TRUE`).
 *
 * Values enter as parameters only. Negation is pushed down to the terms, so that each stays a plain
 * comparison that an index serves; a negated term includes null.
 */
export function conditionSql(condition: Condition, context: ConditionContext): Sql {
  return write(condition, true, context);
}

function write(condition: Condition, positive: boolean, context: ConditionContext): Sql {
  switch (condition.kind) {
    case "constant":
      return condition.value === positive ? sql`TRUE` : sql`FALSE`;
    case "every":
      return group(condition.terms, positive, positive ? " AND " : " OR ", context);
    case "some":
      return group(condition.terms, positive, positive ? " OR " : " AND ", context);
    case "not":
      return write(condition.term, !positive, context);
    case "unset":
      return unset(condition.at, positive, context);
    case "isTrue":
      return positive ? column(condition.at, context) : sql`${column(condition.at, context)} IS NOT TRUE`;
    case "compare":
      return compare(condition, positive, context);
    case "in":
      return oneOf(condition, positive, context);
    case "like":
      return like(condition, positive, context);
    case "related":
      return related(condition, positive, context);
    case "tree":
      return member(
        sql`${ident(context.alias)}.id`,
        treeMembers(condition, context, conditionSql),
        positive,
        true,
      );
  }
}

function group(
  terms: readonly Condition[],
  positive: boolean,
  word: " AND " | " OR ",
  context: ConditionContext,
): Sql {
  const parts = terms.map((term) => write(term, positive, context));
  return sql`(${joinSql(parts, word)})`;
}

/** The field's value, as the statement's view has it. */
function column(at: FieldRef, context: ConditionContext): Sql {
  return seenValue(sql`${ident(context.alias)}.${ident(at.name)}`, at.field, context.aliases.view);
}

const texts: ReadonlySet<FieldKind> = new Set(["text", "longText", "html", "selection"]);

function unset(at: FieldRef, positive: boolean, context: ConditionContext): Sql {
  const value = column(at, context);
  if (!texts.has(at.field.kind)) return positive ? sql`${value} IS NULL` : sql`${value} IS NOT NULL`;
  return positive ? sql`(${value} IS NULL OR ${value} = '')` : sql`${value} <> ''`;
}

const operators = { "=": sql`=`, "<": sql`<`, "<=": sql`<=`, ">": sql`>`, ">=": sql`>=` };
const complements = { "=": sql`<>`, "<": sql`>=`, "<=": sql`>`, ">": sql`<=`, ">=": sql`<` };

function compare(
  term: Extract<Condition, { kind: "compare" }>,
  positive: boolean,
  context: ConditionContext,
): Sql {
  assert(!isActorValue(term.value), "an actor's values are bound before a statement is written");
  const left = column(term.at, context);
  const right = parameter(term.value, term.at.field.kind);
  if (positive) return sql`${indexed(term, context)}${left} ${operators[term.operator]} ${right}`;
  return sql`(${left} ${complements[term.operator]} ${right} OR ${left} IS NULL)`;
}

/** An indexed translated text is found by the index of all languages; the comparison itself still decides. */
function indexed(
  { at, operator, value }: Extract<Condition, { kind: "compare" }>,
  context: ConditionContext,
): Sql {
  if (operator !== "=" || !at.field.translated || at.field.index !== true) return emptySql;
  const all = sql`${ident(context.alias)}.${ident(at.name)}`;
  const held = languagesSeen(context.aliases.view).map(
    (language) => sql`${all} @> ${JSON.stringify({ [language]: value })}::jsonb`,
  );
  return sql`(${joinSql(held, " OR ")}) AND `;
}

function oneOf(term: Extract<Condition, { kind: "in" }>, positive: boolean, context: ConditionContext): Sql {
  const { at, values } = term;
  assert(!isActorValue(values), "an actor's values are bound before a statement is written");
  if (values.length === 0) return positive ? sql`FALSE` : sql`TRUE`;
  const left = column(at, context);
  const list = parameters(values, at.field.kind);
  return positive ? sql`${left} = ANY(${list})` : sql`(${left} <> ALL(${list}) OR ${left} IS NULL)`;
}

function like(term: Extract<Condition, { kind: "like" }>, positive: boolean, context: ConditionContext): Sql {
  const value = column(term.at, context);
  const left = term.fold ? sql`hf_fold(${value})` : value;
  const pattern = term.fold ? foldText(term.pattern) : term.pattern;
  if (positive) return sql`${left} LIKE ${pattern}::text`;
  return sql`(${left} NOT LIKE ${pattern}::text OR ${value} IS NULL)`;
}

function related(term: RelatedCondition, positive: boolean, context: ConditionContext): Sql {
  const { at, condition } = term;
  if (at.field.kind === "many2one" && condition.kind === "tree")
    return member(column(at, context), treeMembers(condition, context, conditionSql), positive, false);
  const source = relatedSource(term, context, conditionSql);
  return positive ? sql`EXISTS (${source})` : sql`NOT EXISTS (${source})`;
}

function member(value: Sql, members: Sql, positive: boolean, always: boolean): Sql {
  if (positive) return sql`${value} IN (${members})`;
  return always ? sql`${value} NOT IN (${members})` : sql`(${value} NOT IN (${members}) OR ${value} IS NULL)`;
}

function parameter(value: Scalar, kind: FieldKind): Sql {
  switch (kind) {
    case "integer":
    case "many2one":
      return sql`${value}::integer`;
    case "decimal":
    case "money":
      return sql`${value}::numeric`;
    case "date":
      return sql`${value}::date`;
    case "datetime":
      return sql`${value}::timestamptz`;
    default:
      return sql`${value}::text`;
  }
}

function parameters(values: readonly Scalar[], kind: FieldKind): Sql {
  return sql`${parameter(values as never, kind)}[]`;
}
