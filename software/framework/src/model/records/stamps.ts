import type { ColumnValue } from "../field-value.ts";
import type { Context } from "./context.ts";

/** Who and when, for the automatic columns. */
export function stamps(context: Context, kinds: readonly ("create" | "write")[]): [string, ColumnValue][] {
  // As Temporal.Instant writes it, in a fiftieth of the time.
  const now = new Date(context.env.clock.now()).toISOString();
  return kinds.flatMap((kind): [string, ColumnValue][] => [
    [`${kind}_uid`, context.actor.userId],
    [`${kind}_date`, now],
  ]);
}
