import { ExpectedError } from "@holdfast/kernel/errors";

/** Tries to sign in without a device cookie that one process works on at once for one database. Beyond it: 429. */
export const maxTriesAtOnce = 24;

/**
 * Turns a flood away before it asks the database anything: else its questions take the connections of everybody else.
 * Whoever brings a device cookie is let through here; whether it is genuine is found out right after.
 */
export function fewAtOnce() {
  let working = 0;
  return async <T>(work: () => Promise<T>, device: string | undefined): Promise<T> => {
    if (device) return work();
    if (working >= maxTriesAtOnce)
      throw new ExpectedError("too_many", "Too many people are signing in at this moment.", {
        hint: "Try again in a few seconds.",
      });
    working += 1;
    try {
      return await work();
    } finally {
      working -= 1;
    }
  };
}
