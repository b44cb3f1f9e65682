import { ExpectedError } from "@holdfast/kernel/errors";
import type { Gate } from "../../access/gate.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";

/** Whether the actor may read a field: what they may not is in no error, not even by its name. */
export function seesField(gate: Pick<Gate, "on">, model: Model, name: string): boolean {
  const access = gate.on(model, "read");
  return access.allowed && access.fields.has(name);
}

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

/** A field of a model that leads to what is to be deleted. */
export interface Referring {
  readonly model: Model;
  readonly label: string;
}

/** Records stand in the way of a deletion. @param by - what refers to it, where whoever deletes may read that. */
export function stillReferred(by: Referring | undefined, cause?: unknown): ExpectedError {
  const what =
    by === undefined
      ? "Other records still refer to it."
      : `Records of "${by.model.label}" still refer to it as "${by.label}".`;
  const hint = "Archive it instead, or change those records first.";
  return new ExpectedError("conflict", what, { hint, cause });
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
