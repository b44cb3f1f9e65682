import { type Actor, publicActor } from "@holdfast/framework/access/actor";
import type { DataSource } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Evidence } from "@holdfast/panel/evidence";
import type { Claim, Finding, ProbeContext } from "./claim.ts";

/** The runner of claims at work on the control database. */
const trustActor: Actor = {
  ...publicActor,
  kind: "system",
  groups: new Set(),
  reason: "trust: keeps evidence",
};

/** Longest that one probe may take. */
const probeMilliseconds = 300_000;

export interface Measured extends Finding {
  readonly claim: Claim;
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  readonly milliseconds: number;
}

/**
 * Runs one probe. A probe that breaks has measured nothing, and a claim without a measurement does not
 * hold: the finding is `fail`.
 */
export async function measure(claim: Claim, context: ProbeContext): Promise<Measured> {
  const began = context.clock.now();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(probeMilliseconds)]);
  const finding = await claim.probe({ ...context, signal }).catch((error: unknown): Finding => {
    context.log("error", `the probe of ${claim.id} broke`, { error });
    const why =
      error instanceof ExpectedError ? error.message : "the probe broke; the log of control has it whole";
    return { state: "fail", summary: `could not be measured: ${why}` };
  });
  return { ...finding, claim, at: began, milliseconds: context.clock.now() - began };
}

/** Keeps a measurement as the claim's evidence. */
export async function keepEvidence(control: DataSource, sequence: number, measured: Measured): Promise<void> {
  const { claim } = measured;
  await keep(control, claim, sequence, {
    state: measured.state,
    simulated: measured.simulated ?? false,
    summary: measured.summary,
    details: measured.details ?? {},
    measured_at: Temporal.Instant.fromEpochMilliseconds(measured.at),
    measured_milliseconds: Math.round(measured.milliseconds),
  });
}

/** Keeps how a saboteur's run ended: the claim shows green only when its saboteur was caught. */
export async function keepSabotage(
  control: DataSource,
  sequence: number,
  run: { readonly claim: Claim; readonly at: number; readonly caught: boolean; readonly summary: string },
): Promise<void> {
  await keep(control, run.claim, sequence, {
    saboteur: run.caught ? "caught" : "missed",
    sabotaged_at: Temporal.Instant.fromEpochMilliseconds(run.at),
    sabotage_summary: run.summary,
  });
}

async function keep(
  control: DataSource,
  claim: Claim,
  sequence: number,
  values: Parameters<ReturnType<typeof evidenceOf>["write"]>[1],
): Promise<void> {
  await control.writing(trustActor, async (env) => {
    const [known] = await env.of(Evidence).search([["claim", "=", claim.id]]);
    const all = { ...values, sequence, promise: claim.promise, max_age_minutes: claim.maxAgeMinutes };
    if (known === undefined) await env.of(Evidence).create([{ claim: claim.id, ...all }]);
    else await env.of(Evidence).write([known], all);
  });
}

function evidenceOf(control: DataSource) {
  return control.reading(trustActor).of(Evidence);
}
