import type { Environment } from "@holdfast/framework/model/environment";
import type { Row } from "@holdfast/framework/model/model";
import { type AlarmFacts, alarmFacts } from "./alarm-facts.ts";
import { Evidence, standingFields } from "./evidence.ts";
import { type Standing, standingOf } from "./standing.ts";
import { Vault } from "./vault.ts";

const evidenceFields = [...standingFields, "method"] as const;
const vaultFields = ["name", "data_center", "city", "country", "continent", "provider", "simulated"] as const;
const maxClaims = 500;
const maxVaults = 200;

/** One claim as the public sees it. */
export interface ShownClaim extends Row<typeof Evidence, (typeof evidenceFields)[number]> {
  readonly standing: Standing;
}

/** All that the trust page shows: nothing in it is of a customer. */
export interface TrustFacts {
  readonly nowMs: number;
  readonly claims: readonly ShownClaim[];
  readonly vaults: readonly Row<typeof Vault, (typeof vaultFields)[number]>[];
  readonly alarms: AlarmFacts;
}

/** Reads them with the visitor's own rights. */
export async function trustFacts(env: Environment): Promise<TrustFacts> {
  const nowMs = env.clock.now();
  const claims = await env.of(Evidence).searchRead([], evidenceFields, { limit: maxClaims });
  const vaults = await env.of(Vault).searchRead([], vaultFields, { limit: maxVaults });
  return {
    nowMs,
    claims: claims.map((row) => ({ ...row, standing: standingOf(row, nowMs) })),
    vaults,
    alarms: await alarmFacts(env),
  };
}

/** The same for programs: `GET /trust.json`. Names and shapes are public; change them with care. */
export function trustJson({ nowMs, claims, vaults, alarms }: TrustFacts): unknown {
  return {
    at: Temporal.Instant.fromEpochMilliseconds(nowMs).toString(),
    claims: claims.map((claim) => ({
      id: claim.claim,
      promise: claim.promise,
      standing: claim.standing,
      state: claim.state,
      simulated: claim.simulated,
      evidence: claim.summary,
      method: claim.method,
      measuredAt: claim.measured_at?.toString() ?? null,
      maxAgeMinutes: claim.max_age_minutes,
      saboteur: claim.saboteur,
      sabotagedAt: claim.sabotaged_at?.toString() ?? null,
      sabotage: claim.sabotage_summary,
    })),
    alarms: {
      lookedAt: alarms.lookedAt?.toString() ?? null,
      blind: alarms.isBlind,
      open: alarms.counts.map(({ code, words, severity, count, since }) => ({
        code,
        what: words,
        severity,
        count,
        since: since.toString(),
      })),
    },
    dataCenters: vaults.map(({ name, data_center, city, country, continent, provider, simulated }) => ({
      name,
      dataCenter: data_center,
      city,
      country,
      continent,
      provider,
      simulated,
    })),
  };
}
