/** Raised when what cannot happen has happened: a defect of ours. Logged whole; the person sees a reference. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** @param sentence - what holds, as a statement: "a compiled statement has text". */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionFailed(`does not hold: ${sentence}`);
}

/** @returns the value; fails when it is null or undefined. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionFailed(`is missing: ${what}`);
  return value;
}
