import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, tenantPage } from "@holdfast/framework/http/page";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import type { OutputOf } from "@holdfast/protocol/method";
import type { ownBackups } from "@holdfast/protocol/self-service-methods";
import { age, badge, origins, size, when } from "./words.ts";

type Overview = OutputOf<typeof ownBackups>;

const standings = {
  well: ["success", "Your data is backed up."],
  late: [
    "warning",
    "A backup is late: the last stored one is older than 22 hours. The operator has been told.",
  ],
  broken: [
    "danger",
    "The last stored backup is older than 24 hours: our promise is broken. The operator has been told.",
  ],
  none: [
    "warning",
    "There is no stored backup yet. The first comes within the hour, or press “Back up now”.",
  ],
} as const;

/** All backups of this database, what can be undone, its copies, and who fetched what. */
export function overviewPage(request: RouteRequest, seen: Overview, nowMs: number): Reply {
  const csrf = csrfField(request.csrfToken());
  const [tone, sentence] = standings[seen.standing];
  return tenantPage(request, {
    title: "Backups",
    main: html`<div class="stack">
<h1>Backups</h1>
<p class="lead"><a href="/web">Back to work</a></p>
<p class="message ${tone}" role="status">${sentence}</p>
<section class="card"><dl class="facts"><div><dt>Last stored (read back whole from every vault)</dt><dd>${age(seen.lastStoredAt, nowMs)}</dd></div><div><dt>Last proven (restored and compared)</dt><dd>${age(seen.lastProvenAt, nowMs)}</dd></div></dl></section>
<form method="post" action="/backups/take" class="actions">${csrf}<button class="button primary" type="submit">Back up now</button></form>
${alarmsCard(seen)}
${undoCard(seen, csrf)}
<section class="card stack"><h2>Kept backups</h2>${backupList(seen, nowMs)}</section>
${operationsCard(seen)}
<section class="card stack"><h2>Take a zip in</h2><p>A zip that was downloaded here or elsewhere becomes a backup of this database, to be looked at and restored as any other.</p><div class="actions"><a class="button" href="/backups/import">Take a zip in</a></div></section>
${copiesCard(seen, csrf, nowMs)}
${transfersCard(seen)}
</div>`,
  });
}

function alarmsCard({ alarms }: Overview): Html | "" {
  if (alarms.length === 0) return "";
  const rows = alarms.map(
    ({ severity, sentence, since }) =>
      html`<li><div>${sentence}<p>since ${when(since)}</p></div><span class="badge ${severity === "critical" ? "danger" : "warning"}">${severity === "critical" ? "Alarm" : "Warning"}</span></li>`,
  );
  return html`<section class="card stack" aria-labelledby="alarms"><h2 id="alarms">What is wrong</h2><p class="lead">The operator has been told.</p><ul class="rows">${rows}</ul></section>`;
}

function undoCard(seen: Overview, csrf: Html): Html | "" {
  if (seen.undoUntil === null) return "";
  return html`<section class="card stack"><h2>Undo the last restore</h2>
<p>This database was restored ${when(seen.restoredAt)}. What it was before is kept until ${when(seen.undoUntil)}; what was written since is kept in its place.</p>
<form method="post" action="/backups/undo" class="stack">${csrf}
<div class="field"><label for="undo-confirm">Type ${seen.name} to undo it</label><input id="undo-confirm" name="confirm" autocomplete="off" maxlength="100" required></div>
<div class="actions"><button class="button" type="submit">Undo the restore</button></div></form></section>`;
}

function operationsCard({ operations }: Overview): Html | "" {
  if (operations.length === 0) return "";
  const rows = operations.map(
    ({ operationId, label, state, error }) =>
      html`<li><div><strong><a href="/backups/operations/${operationId}">${label}</a></strong>${error ? html`<p>${error}</p>` : ""}</div>${badge(state)}</li>`,
  );
  return html`<section class="card stack"><h2>Lately</h2><ul class="rows">${rows}</ul></section>`;
}

function backupList({ backups }: Overview, nowMs: number): Html {
  if (backups.length === 0) return html`<p class="message">No backups yet: press “Back up now”.</p>`;
  const rows = backups.map((backup) => {
    const places = backup.copies.map(({ city }) => city).join(", ");
    const origin = origins[backup.origin] ?? "";
    const proven = backup.provenAt === null ? "not proven yet" : `proven ${age(backup.provenAt, nowMs)}`;
    return html`<li><div><strong><a href="/backups/${backup.backupId}">${when(backup.takenAt)}</a></strong>
<p>${[proven, places, size(backup.bytes), origin].filter(Boolean).join(" · ")}</p></div>${badge(backup.state)}</li>`;
  });
  return html`<ul class="rows">${rows}</ul>`;
}

function copiesCard({ copies }: Overview, csrf: Html, nowMs: number): Html | "" {
  if (copies.length === 0) return "";
  const rows = copies.map(({ name, url, state, expiresAt }) => {
    const isSoon = expiresAt !== null && Date.parse(expiresAt) - nowMs < 172_800_000;
    return html`<li><div><strong>${url ? html`<a href="${url}">${name}</a>` : name}</strong>
<p>${state === "running" ? "" : `${state} · `}will be deleted ${when(expiresAt)}${isSoon ? html` <span class="badge warning">soon</span>` : ""}</p></div>
<div class="actions"><form method="post" action="/backups/copies/extend">${csrf}<input type="hidden" name="copy" value="${name}"><button class="button" type="submit">Keep 14 days more</button></form>
<form method="post" action="/backups/copies/remove">${csrf}<input type="hidden" name="copy" value="${name}"><button class="button" type="submit">Delete</button></form></div></li>`;
  });
  return html`<section class="card stack"><h2>Copies on the side</h2><p class="lead">Nothing leaves a copy: no mail, no webhook, no payment, no scheduled job.</p><ul class="rows">${rows}</ul></section>`;
}

function transfersCard({ transfers }: Overview): Html | "" {
  if (transfers.length === 0) return "";
  const rows = transfers.map(
    ({ kind, by, at }) =>
      html`<li><div><strong>${kind === "download" ? "Downloaded" : "Imported"}</strong><p>${by}</p></div>${when(at)}</li>`,
  );
  return html`<section class="card stack"><h2>Downloads and imports</h2><ul class="rows">${rows}</ul></section>`;
}
