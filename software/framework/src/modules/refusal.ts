import { type ErrorCode, ExpectedError } from "@holdfast/kernel/errors";

/**
 * A failure that the person can act on, for apps, which do not see the kernel: `throw refusal("invalid", "…")`.
 *
 * @param message - a sentence for the person, sent as it is: the action, the value, what was found and wanted.
 * @param hint - one thing to do next.
 */
export function refusal(code: ErrorCode, message: string, hint?: string): ExpectedError {
  return new ExpectedError(code, message, hint === undefined ? {} : { hint });
}

/** @returns whether this is a failure that its caller can act on, of one of the codes when any is given. */
export function isRefusal(error: unknown, ...codes: readonly ErrorCode[]): error is ExpectedError {
  return error instanceof ExpectedError && (codes.length === 0 || codes.includes(error.code));
}
