import { ExpectedError } from "@holdfast/kernel/errors";
import { ConstraintViolation } from "../../sql/failures.ts";
import type { Statements } from "../../sql/statements.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { Registry } from "../registry.ts";
import { isStored, shortName, tableOf } from "../storage.ts";
import { missingReference } from "./guard-errors.ts";

/** Statements whose broken constraints come out in the words of the models. */
export function speaking(statements: Statements, registry: Registry): Statements {
  const told = (error: unknown): never => {
    throw error instanceof ConstraintViolation ? inWords(error, registry) : error;
  };
  return {
    rows: (statement) => statements.rows<never>(statement).catch(told),
    tuples: (statement) => statements.tuples(statement).catch(told),
  };
}

function inWords(violation: ConstraintViolation, registry: Registry): Error {
  const model = [...registry.models.values()].find((one) => tableOf(one) === violation.table);
  if (model === undefined) return violation;
  const [name, field] = fieldOf(model, violation);
  switch (violation.kind) {
    case "unique":
      return new ExpectedError(
        "conflict",
        `Another record of "${model.label}" has the same ${labelOf(field)} already.`,
        {
          hint: "Choose another value, or change the other record.",
          cause: violation,
        },
      );
    case "reference":
      return field === undefined ? violation : missingReference(model, field, violation);
    case "still-referred":
      return new ExpectedError(
        "conflict",
        `Records of "${model.label}" still refer to it as ${labelOf(field)}.`,
        {
          hint: "Archive it instead, or change those records first.",
          cause: violation,
        },
      );
    case "missing":
      return new ExpectedError("invalid", `${labelOf(field)} of "${model.label}" is required.`, {
        cause: violation,
        details: { name },
      });
    default:
      return new ExpectedError("invalid", `A value of "${model.label}" does not fit.`, { cause: violation });
  }
}

function fieldOf(
  model: Model,
  { column, constraint }: ConstraintViolation,
): readonly [string, Field | undefined] {
  const table = tableOf(model);
  const found = Object.entries(model.fields).find(
    ([name, field]) =>
      isStored(field) &&
      (name === column ||
        ["key", "fkey"].some((kind) => shortName(`${table}_${name}_${kind}`) === constraint)),
  );
  return found ?? ["", undefined];
}

function labelOf(field: Field | undefined): string {
  return field === undefined ? "a field" : `"${field.label}"`;
}
