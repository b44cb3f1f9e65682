import { type Condition, not } from "../model/condition.ts";
import { type Expression, expressionFault } from "./expression.ts";
import { operandFor } from "./rule-operand.ts";
import { actorField, type FoundPath, findPath, type RuleScope } from "./rule-path.ts";

type Binary = Extract<Expression, { kind: "binary" }>;
type Ordering = "<" | "<=" | ">" | ">=";

const mirrored = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** `field == value` and its kin, the field on either side. */
export function comparisonCondition(expression: Binary, scope: RuleScope): Condition {
  const { left, right, at } = expression;
  const operator = expression.operator as keyof typeof mirrored;
  if (isField(left)) return compare(findPath(left, scope, "one"), operator, right, at);
  if (isField(right)) return compare(findPath(right, scope, "one"), mirrored[operator], left, at);
  throw expressionFault(at, "one side of a comparison is a field of the record");
}

export function isField(expression: Expression): expression is Extract<Expression, { kind: "path" }> {
  return expression.kind === "path" && actorField(expression) === undefined;
}

function compare(
  path: FoundPath,
  operator: keyof typeof mirrored,
  operand: Expression,
  at: number,
): Condition {
  if (operator === "!=") return not(compare(path, "==", operand, at));
  const { kind } = path.at.field;
  if (kind === "one2many" || kind === "many2many")
    throw expressionFault(
      at,
      `"${path.at.name}" holds several records`,
      `write \`value in ${path.at.name}\``,
    );
  if (operand.kind === "literal" && operand.value === null) return unset(path, operator, at);
  if (kind === "boolean") return truth(path, operator, operand);
  if (kind === "json")
    throw expressionFault(at, `"${path.at.name}" is of kind json and only compares with null`);
  const value = operandFor(path.at, operand);
  return path.reach({
    kind: "compare",
    at: path.at,
    operator: operator === "==" ? "=" : (operator as Ordering),
    value,
  });
}

/** A path is not set when any of its steps is not: so it asks that no set value is reached. */
function unset(path: FoundPath, operator: string, at: number): Condition {
  if (operator !== "==")
    throw expressionFault(at, `null has no order: "${operator}" does not fit`, "use == or !=");
  return not(path.reach(not({ kind: "unset", at: path.at })));
}

function truth(path: FoundPath, operator: string, operand: Expression): Condition {
  if (operator !== "==" || operand.kind !== "literal" || typeof operand.value !== "boolean")
    throw expressionFault(
      operand.at,
      `"${path.at.name}" is true or false`,
      `write \`${path.at.name}\` or \`!${path.at.name}\``,
    );
  const holds = path.reach({ kind: "isTrue", at: path.at });
  return operand.value ? holds : not(holds);
}
