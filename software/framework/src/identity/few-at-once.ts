import { ExpectedError } from "@holdfast/kernel/errors";

/** Tries to sign in from unknown devices that one process works on at once for one database. Beyond it: 429. */
export const maxTriesAtOnce = 24;

/** Turns a flood away before it asks the database anything: else its questions take the connections of everybody else. */
export function fewAtOnce() {
  let working = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
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

/** Runs work, or lets it wait for its turn. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * One after the other, in the order of asking. Strangers' tries are counted in the same rows: side by side they would
 * only collide, run again, and hold connections meanwhile that people who are signed in wait for.
 */
export function oneByOne(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
