import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { page } from "@holdfast/framework/http/page";
import { jsonReply } from "@holdfast/framework/http/reply";
import type { Reply, Route } from "@holdfast/framework/http/route";
import type { Standing } from "./standing.ts";
import { type ShownClaim, type TrustFacts, trustFacts, trustJson } from "./trust-facts.ts";

const row = { method: "GET", who: "anyone", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;

/** What anyone may know: the promises, what proves them, where data are. */
export const trustRoutes: readonly Route[] = [
  {
    ...row,
    path: "/trust",
    summary: "The promises of this installation and their evidence",
    handle: async (request) => trustPage(await trustFacts(request.reading())),
  },
  {
    ...row,
    path: "/trust.json",
    summary: "The same for programs",
    handle: async (request) => jsonReply(trustJson(await trustFacts(request.reading()))),
  },
];

function trustPage(facts: TrustFacts): Reply {
  return page({
    title: "Trust",
    owner: "Holdfast",
    main: html`<div class="stack">
<h1>What this installation promises, and what proves it</h1>
<p class="lead">Each promise is measured on the running installation, again and again. Each measurement is itself tested: a saboteur breaks the real thing, and it must be noticed. A promise counts only while both are so.</p>
${score(facts)}
${simulation(facts)}
${alarms(facts)}
${promises(facts)}
${places(facts)}
<p class="lead">The same for programs: <a href="/trust.json">trust.json</a></p>
</div>`,
  });
}

/** In the order in which a reader wants to hear of them. */
const standings: readonly Standing[] = [
  "does not hold",
  "stale",
  "not proven",
  "holds, simulated",
  "holds",
  "does not apply",
];

const badge: Readonly<Record<Standing, string>> = {
  holds: "success",
  "holds, simulated": "warning",
  "does not hold": "danger",
  "not proven": "",
  stale: "warning",
  "does not apply": "",
};

function score({ claims }: TrustFacts): Html {
  const counts = standings.map((standing) => ({
    standing,
    count: claims.filter((claim) => claim.standing === standing).length,
  }));
  const shown = counts.filter(({ count }) => count > 0).reverse();
  return html`<ul class="tally" aria-label="How the ${claims.length} promises stand">${shown.map(
    ({ standing, count }) =>
      html`<li><strong class="number">${count}</strong> <span class="badge ${badge[standing]}">${standing}</span></li>`,
  )}</ul>`;
}

function simulation({ vaults }: TrustFacts): Html | string {
  if (!vaults.some((vault) => vault.simulated)) return "";
  return html`<p class="message warning"><strong>Simulated.</strong> The data centers of this installation are folders on one machine. What depends on distance is measured all the same, shown as simulated, and is not compliance.</p>`;
}

/** That nobody looks is said first: "no alarm" means nothing then. */
function alarms({ alarms: { counts, lookedAt, isBlind }, nowMs }: TrustFacts): Html {
  const looked = lookedAt === null ? "never" : ago(lookedAt, nowMs);
  if (isBlind)
    return html`<p class="message danger" id="alarms"><strong>Nobody looks for alarms.</strong> The last look was ${looked}: that none is shown here means nothing.</p>`;
  if (counts.length === 0)
    return html`<p class="lead" id="alarms">No alarm is open. Last looked ${looked}, also for what should be there and is not.</p>`;
  return html`<h2 id="alarms">Open alarms</h2>
<ul class="tally">${counts.map(
    ({ words, severity, count, since }) =>
      html`<li><strong class="number">${count}</strong> <span class="badge ${alarmBadge[severity]}">${severity}</span> ${words}, the oldest since ${ago(since, nowMs)}</li>`,
  )}</ul>
<p class="lead">Last looked ${looked}.</p>`;
}

const alarmBadge = { notice: "", warning: "warning", critical: "danger" } as const;

function promises({ claims, nowMs }: TrustFacts): Html {
  if (claims.length === 0)
    return html`<p class="message">Nothing has been measured yet. The first measurements come within minutes of the start.</p>`;
  return html`<ul class="claims">${claims.map((claim) => promise(claim, nowMs))}</ul>`;
}

function promise(claim: ShownClaim, nowMs: number): Html {
  const { standing } = claim;
  return html`<li class="card claim" id="${claim.claim}">
<p class="claim-head"><a class="mono" href="#${claim.claim}">${claim.claim}</a><span class="badge ${badge[standing]}">${standing}</span></p>
<h2>${claim.promise}</h2>
<p>${claim.summary ?? "Not measured yet."}</p>
<p class="lead claim-foot">${measured(claim, nowMs)} ${saboteur(claim, nowMs)}</p>
<details><summary>How it is measured${claim.sabotage_summary ? " and what was broken" : ""}</summary>
<div class="stack"><p>${claim.method ?? ""}</p>
${claim.sabotage_summary ? html`<p><strong>Saboteur.</strong> ${claim.sabotage_summary}</p>` : ""}
<p class="lead">A measurement counts for ${span(claim.max_age_minutes)}.</p></div></details>
</li>`;
}

function measured({ measured_at }: ShownClaim, nowMs: number): Html | string {
  if (measured_at === null) return "";
  return html`Measured ${ago(measured_at, nowMs)}.`;
}

function saboteur({ saboteur, sabotaged_at }: ShownClaim, nowMs: number): Html | string {
  const when = sabotaged_at === null ? "" : html` ${ago(sabotaged_at, nowMs)}`;
  if (saboteur === "caught") return html`Its saboteur was caught${when}.`;
  if (saboteur === "missed")
    return html`<strong>Its saboteur was not noticed${when}: until that is mended, the measurement proves nothing.</strong>`;
  return "No saboteur has tried yet, so the measurement is not proven.";
}

function places({ vaults }: TrustFacts): Html {
  const heads = ["Data center", "City", "Country", "Continent", "Provider"];
  const rows = vaults.map(
    (vault) =>
      html`<tr data-vault="${vault.name}"><td>${vault.data_center} ${vault.simulated ? html`<span class="badge warning">simulated</span>` : ""}</td><td>${vault.city}</td><td>${vault.country}</td><td>${vault.continent}</td><td>${vault.provider}</td></tr>`,
  );
  return html`<h2 id="places">Where backups are</h2>
<div class="table-scroll"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function ago(moment: Temporal.Instant, nowMs: number): Html {
  const minutes = Math.max(0, Math.floor((nowMs - moment.epochMilliseconds) / 60_000));
  const words = minutes < 1 ? "less than a minute ago" : `${span(minutes)} ago`;
  return html`<time datetime="${moment.toString()}">${words}</time>`;
}

/** In the largest unit of which there are two. */
function span(minutes: number): string {
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} hours`;
  return `${Math.floor(minutes / 1_440)} days`;
}
