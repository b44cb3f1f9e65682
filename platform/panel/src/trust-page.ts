import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { page } from "@holdfast/framework/http/page";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import type { Row } from "@holdfast/framework/model/model";
import { Evidence } from "./evidence.ts";
import { Vault } from "./vault.ts";

const evidenceFields = [
  "claim",
  "promise",
  "state",
  "simulated",
  "summary",
  "measured_at",
  "max_age_minutes",
  "saboteur",
  "sabotaged_at",
  "sabotage_summary",
] as const;
type EvidenceRow = Row<typeof Evidence, (typeof evidenceFields)[number]>;

/** How a claim stands in public. Green only when its probe passed lately AND its saboteur was caught. */
export type Standing =
  | "holds"
  | "holds, simulated"
  | "does not hold"
  | "not proven"
  | "stale"
  | "does not apply";

/**
 * A check that cannot fail is not a check: a passing probe whose saboteur was not caught is "not proven".
 *
 * @param nowMs - milliseconds since the epoch.
 */
export function standingOf(
  row: Pick<EvidenceRow, "state" | "simulated" | "saboteur" | "measured_at" | "max_age_minutes">,
  nowMs: number,
): Standing {
  if (row.state === "fail") return "does not hold";
  if (row.state === "unknown" || row.measured_at === null) return "not proven";
  if (nowMs - row.measured_at.epochMilliseconds > row.max_age_minutes * 60_000) return "stale";
  if (row.state === "not_applicable") return "does not apply";
  if (row.saboteur !== "caught") return "not proven";
  return row.simulated ? "holds, simulated" : "holds";
}

export const trustRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/trust",
    who: "anyone",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "The promises of this installation and their evidence",
    handle: showTrust,
  },
];

async function showTrust(request: RouteRequest): Promise<Reply> {
  const env = request.reading();
  const nowMs = env.clock.now();
  const claims = await env.of(Evidence).searchRead([], evidenceFields, { limit: 500 });
  const vaults = await env
    .of(Vault)
    .searchRead([], ["name", "data_center", "city", "country", "continent", "provider", "simulated"], {
      limit: 200,
    });
  const proven = claims.filter((claim) => standingOf(claim, nowMs).startsWith("holds")).length;
  const simulated = vaults.some((vault) => vault.simulated);
  return page({
    title: "Trust",
    owner: "Holdfast",
    main: html`<div class="stack">
<h1>What this installation promises, and what proves it</h1>
<p class="lead">${proven} of ${claims.length} promises hold now. Each is measured on the running installation; each measurement is itself tested by breaking the real thing and seeing that it is noticed.</p>
${simulated ? html`<p class="message warning"><strong>Simulated.</strong> The data centers of this installation are folders on one machine. What depends on distance is shown as simulated and is not compliance.</p>` : ""}
${claims.length === 0 ? html`<p class="message">Nothing has been measured yet. The first measurements come within minutes of the start.</p>` : html`<ul class="claims">${claims.map((claim) => claimItem(claim, nowMs))}</ul>`}
<h2>Where data are</h2>
<div class="table-scroll"><table><thead><tr><th scope="col">Data center</th><th scope="col">City</th><th scope="col">Country</th><th scope="col">Continent</th><th scope="col">Provider</th><th scope="col"></th></tr></thead>
<tbody>${vaults.map((vault) => html`<tr><td>${vault.data_center}</td><td>${vault.city}</td><td>${vault.country}</td><td>${vault.continent}</td><td>${vault.provider}</td><td>${vault.simulated ? html`<span class="badge warning">simulated</span>` : ""}</td></tr>`)}</tbody></table></div>
</div>`,
  });
}

function claimItem(claim: EvidenceRow, nowMs: number): Html {
  const standing = standingOf(claim, nowMs);
  return html`<li class="card stack" id="${claim.claim}">
<p><span class="mono">${claim.claim}</span> <span class="badge ${badge[standing]}">${standing}</span></p>
<p><strong>${claim.promise}</strong></p>
<dl class="facts">
<dt>Evidence</dt><dd>${claim.summary ?? "none yet"}</dd>
<dt>Measured</dt><dd>${ago(claim.measured_at, nowMs)}; valid for ${claim.max_age_minutes} minutes</dd>
<dt>Saboteur</dt><dd>${saboteur[claim.saboteur]}${claim.sabotage_summary ? html`: ${claim.sabotage_summary}` : ""} ${claim.sabotaged_at ? html`(${ago(claim.sabotaged_at, nowMs)})` : ""}</dd>
</dl></li>`;
}

const badge: Readonly<Record<Standing, string>> = {
  holds: "success",
  "holds, simulated": "warning",
  "does not hold": "danger",
  "not proven": "",
  stale: "warning",
  "does not apply": "",
};

const saboteur: Readonly<Record<EvidenceRow["saboteur"], string>> = {
  not_run: "has not run yet, so the claim does not count as proven",
  caught: "caught",
  missed: "was NOT noticed: the check is worth nothing",
};

function ago(moment: Temporal.Instant | null, nowMs: number): string {
  if (moment === null) return "never";
  const minutes = Math.max(0, Math.floor((nowMs - moment.epochMilliseconds) / 60_000));
  if (minutes < 1) return "less than a minute ago";
  if (minutes < 120) return `${minutes} minutes ago`;
  return `${Math.floor(minutes / 60)} hours ago`;
}
