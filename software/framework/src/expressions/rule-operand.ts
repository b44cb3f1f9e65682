import { ExpectedError } from "@holdfast/kernel/errors";
import type { ActorValue, FieldRef, Scalar } from "../model/condition.ts";
import { readScalar } from "../model/domain-value.ts";
import { nearest } from "../model/nearest.ts";
import { type Expression, expressionFault } from "./expression.ts";
import { actorField, actorFields, actorLists } from "./rule-path.ts";

/** The value that a field is compared with: a literal of the field's kind, or one of the actor's. */
export function operandFor(at: FieldRef, operand: Expression): Scalar | ActorValue {
  if (operand.kind === "path") return actorScalar(at, operand);
  if (operand.kind === "decimal") return literalFor(at, operand.digits, operand.at);
  if (operand.kind === "literal") return literalFor(at, operand.value, operand.at);
  throw expressionFault(operand.at, `a value is wanted to compare "${at.name}" with`);
}

/** Whether ids of `model` are what the field holds. */
export function holdsIdsOf(at: FieldRef, model: string): boolean {
  return at.name === "id" ? at.model.name === model : at.field.target === model;
}

function actorScalar(at: FieldRef, path: Extract<Expression, { kind: "path" }>): ActorValue {
  const actor = actorField(path);
  if (actor === undefined)
    throw expressionFault(
      path.at,
      "two fields of a record cannot be compared",
      "compare a field with a value or with `actor.…`",
    );
  if (actorLists.has(actor))
    throw expressionFault(path.at, `actor.${actor} are several`, `write \`${at.name} in actor.${actor}\``);
  const ids = actorFields[actor];
  const fits = ids === null ? at.name === "id" || at.field.kind === "many2one" : holdsIdsOf(at, ids);
  if (!fits)
    throw expressionFault(
      path.at,
      `actor.${actor} does not fit "${at.name}"`,
      ids === null ? undefined : `it is an id of ${ids}`,
    );
  return { actor };
}

function literalFor(at: FieldRef, value: string | number | boolean | null, position: number): Scalar {
  const { options } = at.field;
  if (options !== undefined && !options.some(([option]) => option === value))
    throw noOption(at, value, position);
  try {
    return readScalar(at, value, { path: "value", nesting: 0, spent: { traversals: 0 } });
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    throw expressionFault(
      position,
      `"${at.name}" is of kind ${at.field.kind}: ${error.message.replace(/^value: /, "")}`,
    );
  }
}

function noOption(at: FieldRef, value: unknown, position: number) {
  const known = (at.field.options ?? []).map(([option]) => option);
  const near = typeof value === "string" ? nearest(value, known) : undefined;
  const hint = near === undefined ? `use one of ${known.join(", ")}` : `did you mean "${near}"?`;
  return expressionFault(position, `${JSON.stringify(value)} is no value of "${at.name}"`, hint);
}
