import { ExpectedError } from "@holdfast/kernel/errors";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import { didYouMean } from "../nearest.ts";
import type { Context } from "./context.ts";

/**
 * A field by the name that a caller gave.
 *
 * @param allowed - fields that exist for the actor.
 * @throws `invalid`, the same for a field that is not there and one that the actor may not see.
 */
export function knownField(
  context: Context,
  model: Model,
  name: string,
  allowed: ReadonlySet<string>,
): Field {
  const field = name === "id" || allowed.has(name) ? context.registry.field(model, name) : undefined;
  if (field !== undefined) return field;
  const known = [...allowed].filter((other) => context.registry.field(model, other) !== undefined);
  throw new ExpectedError(
    "invalid",
    `"${model.label}" has no field "${String(name).slice(0, 64)}"${didYouMean(String(name), known)}.`,
  );
}
