import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { isAway } from "@holdfast/protocol/call";
import { type OperationLimits, pauseAfter } from "./limits.ts";

/**
 * Does work again that found something unavailable: a few times when a part said so, for minutes when
 * the part itself is not there (it is being started again). Every other failure is final at once.
 *
 * @throws the last failure; what the signal aborted with, without waiting for a pause to end.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { signal, limits }: { readonly signal: AbortSignal; readonly limits: OperationLimits },
): Promise<T> {
  const giveUpAt = performance.now() + limits.awayMilliseconds;
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const again = isAway(error)
        ? performance.now() < giveUpAt
        : isUnavailable(error) && tries < limits.tries;
      if (!again) throw error;
      await wait(pauseAfter(tries, limits), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ExpectedError && error.code === "unavailable";
}
