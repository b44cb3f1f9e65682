import { always, type Condition, every, never, not, some } from "../model/condition.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { type Expression, expressionFault } from "./expression.ts";
import { parseExpression } from "./parser.ts";
import { comparisonCondition } from "./rule-comparison.ts";
import { membershipCondition } from "./rule-membership.ts";
import { findPath, type RuleScope } from "./rule-path.ts";

/**
 * Reads a record rule: the text of a condition, checked against its model, as a {@link Condition} in which
 * the actor's values are still open (see `bindActor`).
 *
 * Each part is true or false: a comparison with what is not set, or with a value that the actor lacks, is
 * false, and `!=` is the complement of `==`. A path through an empty many2one is not set.
 *
 * @throws `invalid`, naming the character and what was expected there.
 */
export function ruleCondition(text: string, model: Model, registry: Registry): Condition {
  return conditionOf(parseExpression(text), { model, registry });
}

function conditionOf(expression: Expression, scope: RuleScope): Condition {
  switch (expression.kind) {
    case "not":
      return not(conditionOf(expression.operand, scope));
    case "binary":
      return binary(expression, scope);
    case "path":
      return truth(expression, scope);
    case "literal":
      if (typeof expression.value === "boolean") return expression.value ? always : never;
      break;
  }
  throw expressionFault(
    expression.at,
    "a condition is wanted here, not a value",
    'compare it, as in `state == "draft"`',
  );
}

function binary(expression: Extract<Expression, { kind: "binary" }>, scope: RuleScope): Condition {
  switch (expression.operator) {
    case "&&":
      return every([conditionOf(expression.left, scope), conditionOf(expression.right, scope)]);
    case "||":
      return some([conditionOf(expression.left, scope), conditionOf(expression.right, scope)]);
    case "in":
      return membershipCondition(expression, scope);
    default:
      return comparisonCondition(expression, scope);
  }
}

function truth(path: Extract<Expression, { kind: "path" }>, scope: RuleScope): Condition {
  const { at, reach } = findPath(path, scope, "one");
  if (at.field.kind !== "boolean")
    throw expressionFault(
      path.at,
      `"${path.steps.join(".")}" is not true or false`,
      "compare it with a value",
    );
  return reach({ kind: "isTrue", at });
}
