import type { ActorList, ActorValues, Condition, FieldRef, Scalar } from "../model/condition.ts";
import { type Expression, expressionFault } from "./expression.ts";
import { isField } from "./rule-comparison.ts";
import { holdsIdsOf, operandFor } from "./rule-operand.ts";
import { actorField, actorFields, actorLists, findPath, type RuleScope } from "./rule-path.ts";

type Binary = Extract<Expression, { kind: "binary" }>;

/** `field in [values]`, `field in actor.company_ids`, and `value in path.to.records`. */
export function membershipCondition({ left, right, at }: Binary, scope: RuleScope): Condition {
  if (isField(right)) return amongRecords(left, right, scope);
  if (!isField(left)) throw expressionFault(at, "one side of `in` is a field of the record");
  const path = findPath(left, scope, "one");
  const { kind } = path.at.field;
  if (kind === "boolean" || kind === "json" || kind === "one2many" || kind === "many2many")
    throw expressionFault(left.at, `"${path.at.name}" is of kind ${kind} and cannot be one of a list`);
  return path.reach({ kind: "in", at: path.at, values: valuesFor(path.at, right) });
}

function valuesFor(field: FieldRef, list: Expression): readonly Scalar[] | ActorValues {
  if (list.kind === "list") return list.items.map((item) => constantFor(field, item));
  const actor = list.kind === "path" ? actorField(list) : undefined;
  if (actor === undefined || !actorLists.has(actor))
    throw expressionFault(
      list.at,
      "a list is wanted after `in`",
      "write values in [ ], or actor.company_ids",
    );
  const ids = actorFields[actor];
  if (ids === null ? field.field.kind !== "text" : !holdsIdsOf(field, ids))
    throw expressionFault(
      list.at,
      `actor.${actor} does not fit "${field.name}"`,
      ids === null ? "they are names" : `they are ids of ${ids}`,
    );
  return { actor: actor as ActorList };
}

function constantFor(field: FieldRef, item: Expression): Scalar {
  const value = operandFor(field, item);
  if (typeof value === "object") throw expressionFault(item.at, "a list holds constant values only");
  return value;
}

/** `actor.partner_id in follower_ids`: some record that the path reaches has that id or that value. */
function amongRecords(
  value: Expression,
  right: Extract<Expression, { kind: "path" }>,
  scope: RuleScope,
): Condition {
  const path = findPath(right, scope, "many");
  const { kind, target } = path.at.field;
  if (kind !== "one2many" && kind !== "many2many")
    return path.reach({ kind: "compare", at: path.at, operator: "=", value: operandFor(path.at, value) });
  const model = scope.registry.model(target ?? "");
  const field = scope.registry.field(model, "id");
  if (field === undefined) throw expressionFault(right.at, `"${model.name}" has no id`);
  const id: FieldRef = { model, name: "id", field };
  const condition: Condition = { kind: "compare", at: id, operator: "=", value: operandFor(id, value) };
  return path.reach({ kind: "related", at: path.at, target: model, condition });
}
