import { type Actor, publicActor } from "@holdfast/framework/access/actor";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { Row } from "@holdfast/framework/model/model";
import { Evidence, standingFields } from "@holdfast/panel/evidence";
import type { Claim } from "./claim.ts";
import type { Measured } from "./measure.ts";

/** The keeper of evidence at work on the control database. */
const trustActor: Actor = {
  ...publicActor,
  kind: "system",
  groups: new Set(),
  reason: "trust: keeps evidence",
};

/** A claim as it stands in the control database. */
export type KeptEvidence = Row<typeof Evidence, (typeof standingFields)[number]>;

/** Sees that every claim has its row, in the order of `claims`; rows of claims that are gone go too. */
export async function syncClaims(control: DataSource, claims: readonly Claim[]): Promise<void> {
  await control.writing(trustActor, async (env) => {
    const known = await env.of(Evidence).searchRead([], ["claim"], { limit: maxClaims });
    for (const [sequence, claim] of claims.entries()) {
      const values = {
        sequence,
        promise: claim.promise,
        method: claim.method,
        max_age_minutes: claim.maxAgeMinutes,
      };
      const row = known.find((one) => one.claim === claim.id);
      if (row) await env.of(Evidence).write([row.id], values);
      else await env.of(Evidence).create([{ claim: claim.id, ...values }]);
    }
    const gone = known.filter((row) => !claims.some((claim) => claim.id === row.claim));
    if (gone.length > 0) await env.of(Evidence).unlink(gone.map(({ id }) => id));
  });
}

/** All claims with their last evidence, in their order. */
export function readEvidence(control: DataSource): Promise<KeptEvidence[]> {
  return control.reading(trustActor).of(Evidence).searchRead([], standingFields, { limit: maxClaims });
}

const maxClaims = 500;

/** Keeps a measurement as the claim's evidence. */
export function keepEvidence(control: DataSource, measured: Measured): Promise<void> {
  return keep(control, measured.claim.id, {
    state: measured.state,
    simulated: measured.simulated ?? false,
    summary: measured.summary,
    details: measured.details ?? {},
    measured_at: Temporal.Instant.fromEpochMilliseconds(measured.at),
    measured_milliseconds: Math.round(measured.milliseconds),
  });
}

/** Keeps how a saboteur's run ended: the claim shows green only when its saboteur was caught. */
export function keepSabotage(
  control: DataSource,
  run: { readonly claimId: string; readonly at: number; readonly caught: boolean; readonly summary: string },
): Promise<void> {
  return keep(control, run.claimId, {
    saboteur: run.caught ? "caught" : "missed",
    sabotaged_at: Temporal.Instant.fromEpochMilliseconds(run.at),
    sabotage_summary: run.summary,
  });
}

type EvidenceValues = Parameters<ReturnType<typeof evidenceOf>["write"]>[1];

function keep(control: DataSource, claimId: string, values: EvidenceValues): Promise<void> {
  return control.writing(trustActor, async (env) => {
    const ids = await env.of(Evidence).search([["claim", "=", claimId]]);
    await env.of(Evidence).write(ids, values);
  });
}

function evidenceOf(control: DataSource) {
  return control.reading(trustActor).of(Evidence);
}
