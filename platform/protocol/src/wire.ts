import { type ErrorCode, ExpectedError, errorStatus } from "@holdfast/kernel/errors";
import { z } from "zod";
import { progressSchema } from "./method.ts";

/** The only version spoken. Both ends come from one checkout, so another one means a stale process. */
export const protocolVersion = "1";
export const versionHeader = "holdfast-protocol";

/** Every limit of the protocol, in one place; each has a test that reaches it. */
export const wireLimits = {
  requestBytes: 1_048_576,
  lineBytes: 8_388_608,
  responseBytes: 67_108_864,
  openRequests: 64,
  shortMethodMilliseconds: 120_000,
  longMethodMilliseconds: 86_400_000,
  /** A long method says at least this often that it lives … */
  heartbeatMilliseconds: 5_000,
  /** … and after this much silence the caller gives up. */
  silenceMilliseconds: 60_000,
} as const;

/** What goes wrong, as it travels: an expected error whole, any other as a reference into the log. */
export const wireErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
export type WireError = z.output<typeof wireErrorSchema>;

/** One line of a long method's answer. An empty object is a heartbeat. */
export const lineSchema = z.union([
  z.strictObject({ progress: progressSchema }),
  z.strictObject({ result: z.unknown() }).refine((line) => "result" in line, "has a result"),
  z.strictObject({ error: wireErrorSchema }),
  z.strictObject({}),
]);

/** The code of everything that is not an ExpectedError. */
export const defectCode = "defect";

/** Raised at the caller when the other part failed in a way that nobody foresaw; its log has the stack. */
export class PartFailed extends Error {
  override readonly name = "PartFailed";
}

/** @returns the error to throw at the caller's end. */
export function fromWire(error: WireError): Error {
  if (!Object.hasOwn(errorStatus, error.code)) return new PartFailed(error.message);
  const context = error.hint === undefined ? {} : { hint: error.hint };
  return new ExpectedError(error.code as ErrorCode, error.message, context);
}

/** @returns what may leave this process about an error; `reference` finds the rest in the log. */
export function toWire(error: unknown, reference: string): WireError {
  if (!(error instanceof ExpectedError))
    return { code: defectCode, message: `something broke inside; the log has it under ${reference}` };
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { code: error.code, message: error.message, ...hint };
}
