import { ExpectedError } from "@holdfast/kernel/errors";
import type { Claim, Finding, ProbeContext } from "./claim.ts";

/** Longest that one probe may take. */
const probeMilliseconds = 300_000;

/** A finding with its claim and its time. */
export interface Measured extends Finding {
  readonly claim: Claim;
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  readonly milliseconds: number;
  /** The probe itself broke: it fails the claim, but proves nothing against a saboteur. */
  readonly broken: boolean;
}

/**
 * Runs one probe. A probe that breaks has measured nothing, and a claim without a measurement does not
 * hold: the finding is `fail`.
 */
export async function measure(claim: Claim, context: ProbeContext): Promise<Measured> {
  const began = context.clock.now();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(probeMilliseconds)]);
  let broken = false;
  const finding = await claim.probe({ ...context, signal }).catch((error: unknown): Finding => {
    broken = true;
    context.log("error", `the probe of ${claim.id} broke`, { error });
    const why = error instanceof ExpectedError ? error.code : "a defect of ours";
    return { state: "fail", summary: `It could not be measured (${why}); the log of control has it whole.` };
  });
  return { ...finding, claim, at: began, milliseconds: context.clock.now() - began, broken };
}
