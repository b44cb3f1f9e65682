import { assert, present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Context } from "./context.ts";
import { holdGuards } from "./hold-guards.ts";
import { recompute } from "./recompute.ts";

/** Most computes that one change may set off; more means values that depend on themselves. */
const maxRounds = 1_000;

/**
 * Runs a verb that changes something. The outermost one then brings stored computed values up to date and
 * holds the actor's rules and the models' checks against the result.
 */
export function settling<T>(context: Context, verb: () => Promise<T>): Promise<T> {
  assert(context.unit !== null, "records are changed inside `writing`, not `reading`");
  return context.unit.verb(verb, () => settleNow(context));
}

/** Pays at once what the transaction owes: for a verb that asks something of its own result. */
export async function settleNow(context: Context): Promise<void> {
  const unit = present(context.unit, "the transaction");
  const system = context.system("keep computed values and checks right");
  for (let round = 0; ; round++) {
    const next = unit.nextStale();
    if (next === undefined) break;
    if (round === maxRounds) throw endless(next.placed.model.label);
    await recompute(system, next.placed, next.ids);
  }
  unit.forgetExplicit();
  await holdGuards(system, unit.takeOwed());
  unit.forgetHeld();
}

function endless(label: string): ExpectedError {
  return new ExpectedError("invalid", `Values of "${label}" depend on each other in a circle.`, {
    hint: "Look for a record that is its own parent.",
  });
}
