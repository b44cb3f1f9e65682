import { ExpectedError } from "@holdfast/kernel/errors";

const maxCollisions = 4;

function isCollision(error: unknown): error is ExpectedError {
  return error instanceof ExpectedError && (error.code === "conflict" || error.code === "invalid");
}

/** Does it, or leaves it when others are at the same row all the while. */
export async function unlessCollided<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isCollision(error)) throw error;
    return otherwise;
  }
}

/** Two tries that make the same row at once collide on its key; the loser counts again. @throws ExpectedError `too_many`. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let collision = 1; ; collision++) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error)) throw error;
      if (collision === maxCollisions)
        throw new ExpectedError("too_many", "Too many tries at once.", { cause: error });
    }
  }
}
