import { setTimeout as pause } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";

/** Tries of one database that one process holds up at once. Beyond it: 429. */
export const maxHeldUp = 64;

/** Lets tries wait that come in too great a number for one account; see `softly` in throttle.ts. */
export function holdUps(): (milliseconds: number) => Promise<void> {
  let waiting = 0;
  return async (milliseconds) => {
    if (milliseconds <= 0) return;
    if (waiting >= maxHeldUp)
      throw new ExpectedError("too_many", "Too many people are signing in at this moment.", {
        hint: "Try again in a few seconds.",
      });
    waiting += 1;
    try {
      await pause(milliseconds);
    } finally {
      waiting -= 1;
    }
  };
}
