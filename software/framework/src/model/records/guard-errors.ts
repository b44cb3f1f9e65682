import { ExpectedError } from "@holdfast/kernel/errors";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";

/** The one answer for a reference to a record that is not there and to one that a rule hides. */
export function missingReference(
  model: Model,
  field: Field,
  { name, cause }: { readonly name: string; readonly cause?: unknown },
): ExpectedError {
  return new ExpectedError(
    "invalid",
    `"${field.label}" of "${model.label}" refers to a record that does not exist.`,
    {
      hint: "Choose another one.",
      about: { model: model.name, fields: [name] },
      cause,
    },
  );
}

/** A change whose result lies outside of what the actor may have. */
export function outsideRule(model: Model, operation: "write" | "create"): ExpectedError {
  const what = operation === "create" ? "create such a record" : "change the record in this way";
  return new ExpectedError(
    "access_denied",
    `You may not ${what} of "${model.label}": an access rule does not allow the result.`,
    {
      hint: "Choose other values, or ask an administrator.",
    },
  );
}
