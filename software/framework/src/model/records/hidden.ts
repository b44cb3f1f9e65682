import { ExpectedError } from "@holdfast/kernel/errors";
import type { Model } from "../model.ts";
import { type Context, notFound } from "./context.ts";
import { exists } from "./read.ts";
import { toldRefusal } from "./told-refusal.ts";

/**
 * Some of the records were not changed: they are missing, hidden, or visible but closed to the operation.
 *
 * @throws `access_denied` only when the actor can see all of them; else `not_found`, so that a hidden
 *   record answers exactly like one that is not there.
 */
export async function refuseHidden(
  context: Context,
  model: Model,
  operation: "write" | "delete",
  ids: readonly number[],
): Promise<never> {
  const readable = context.gate.on(model, "read").allowed ? await exists(context, model, ids) : [];
  if (readable.length !== new Set(ids).size) throw notFound(model);
  const told = await toldRefusal(context, model, operation, ids);
  if (told !== undefined) throw told;
  const verb = operation === "write" ? "change" : "delete";
  throw new ExpectedError("access_denied", `You may not ${verb} this record of "${model.label}".`, {
    hint: "Ask an administrator.",
  });
}
