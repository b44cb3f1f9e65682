import type { GuardedChange, Model } from "../model.ts";
import type { Context } from "./context.ts";

/**
 * Asks a model's guard about a change by a person, in the transaction of the change: what it refuses is undone with
 * all the rest. Code of ours is not asked, nor is an empty change, which only asks for the right.
 */
export async function askGuard(context: Context, model: Model, change: GuardedChange): Promise<void> {
  const { guard } = model;
  if (guard === undefined || context.actor.kind !== "user" || change.ids.length === 0) return;
  const { fields } = guard;
  const touched = fields === "all" ? change.fields : change.fields.filter((name) => fields.includes(name));
  if (change.operation === "write" && touched.length === 0) return;
  await guard.ask(context.env, { ...change, fields: touched });
}
