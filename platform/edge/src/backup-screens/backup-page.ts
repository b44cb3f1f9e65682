import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, tenantPage } from "@holdfast/framework/http/page";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import type { preflightSchema } from "@holdfast/protocol/control-methods";
import type { OwnBackup } from "@holdfast/protocol/self-service-methods";
import type { z } from "zod";
import { age, badge, size, when } from "./words.ts";

/** What a look before a restore found, or why nobody could look. */
export type Looked =
  | { readonly kind: "seen"; readonly preflight: z.output<typeof preflightSchema> }
  | { readonly kind: "refused"; readonly message: string; readonly hint: string | null };

/** One backup: where its copies are and how whole, and what can be done with it; what stands in the way comes first. */
export function backupPage(
  request: RouteRequest,
  { backup, looked, name, nowMs }: { backup: OwnBackup; looked: Looked; name: string; nowMs: number },
): Reply {
  const csrf = csrfField(request.csrfToken());
  return tenantPage(request, {
    title: `Backup of ${backup.takenAt.slice(0, 16).replace("T", " ")}`,
    main: html`<div class="stack">
<h1>Backup of ${when(backup.takenAt)}</h1>
<p class="lead"><a href="/backups">All backups</a></p>
<section class="card"><dl class="facts"><div><dt>State</dt><dd>${badge(backup.state)}</dd></div><div><dt>Stored</dt><dd>${age(backup.storedAt, nowMs)}</dd></div><div><dt>Proven</dt><dd>${age(backup.provenAt, nowMs)}</dd></div><div><dt>Holds</dt><dd>${backup.rows ?? 0} rows, ${backup.files ?? 0} files, ${size(backup.bytes)}</dd></div></dl></section>
${backup.proofError ? html`<p class="message danger">Not proven: ${backup.proofError}</p>` : ""}
${backup.originNote ? html`<p class="lead">Imported from ${backup.originNote}</p>` : ""}
<section class="card stack"><h2>Where it lies</h2>${copyTable(backup)}</section>
<section class="card stack"><h2>Look at it first</h2>
<p>A copy on the side, at an address of its own. Nothing leaves it, and it is deleted after 14 days.</p>
<form method="post" action="/backups/${backup.backupId}/beside" class="stack">${csrf}
<div class="field"><label for="as">Name of the copy</label><input id="as" name="as" value="${copyName(name, backup.takenAt)}" autocomplete="off" maxlength="40" required></div>
<div class="actions"><button class="button" type="submit">Restore on the side</button></div></form></section>
<section class="card stack"><h2>Bring parts back</h2>
<p>Chosen records and their files, into the live database; everything else stays as it is today. You see first what would change.</p>
<div class="actions"><a class="button" href="/backups/${backup.backupId}/parts">Choose</a></div></section>
<section class="card stack"><h2>Restore over the live database</h2>${overCard(backup, { looked, name, csrf })}</section>
<section class="card stack"><h2>Download</h2>
<p>One zip with <code>dump.sql</code>, <code>filestore/</code> and <code>manifest.json</code>, in clear: keep it accordingly. You are asked for your password; the download is written down.</p>
<div class="actions"><a class="button" href="/backups/${backup.backupId}/download">Download</a></div></section>
</div>`,
  });
}

function copyTable({ copies }: OwnBackup): Html {
  const rows = copies.map(
    ({ state, city, country }) =>
      html`<tr><td>${city}, ${country}</td><td>${badge(state.state)}</td><td>${detailOf(state)}</td></tr>`,
  );
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Copies"><table><thead><tr><th scope="col">Place</th><th scope="col">Copy</th><th scope="col">Found</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function detailOf(state: OwnBackup["copies"][number]["state"]): string {
  if (state.state === "damaged") return `at byte ${state.atByte}; it is healed from a copy that is whole`;
  if (state.state === "missing") return "it is made again from a copy that is whole";
  if (state.state === "away") return state.reason;
  return `${size(state.bytes)}, every piece authentic`;
}

const levels = {
  fine: ["success", "Fine"],
  warning: ["warning", "Note"],
  blocked: ["danger", "In the way"],
} as const;

/** What a look before a restore found, one row each. */
export function findingRows({ findings }: z.output<typeof preflightSchema>): Html[] {
  return findings.map(({ level, sentence }) => {
    const [tone, word] = levels[level];
    return html`<li><div>${sentence}</div><span class="badge ${tone}">${word}</span></li>`;
  });
}

function overCard(
  backup: OwnBackup,
  { looked, name, csrf }: { looked: Looked; name: string; csrf: Html },
): Html {
  if (looked.kind === "refused")
    return html`<p class="message danger">${looked.message}</p>${looked.hint ? html`<p>${looked.hint}</p>` : ""}`;
  const { forecastSeconds, ready } = looked.preflight;
  const form = html`<form method="post" action="/backups/${backup.backupId}/restore" class="stack">${csrf}
<div class="field"><label for="confirm">Type ${name} to restore it</label><input id="confirm" name="confirm" autocomplete="off" maxlength="100" required aria-describedby="what">
<p class="hint" id="what">Everybody is signed out at the end. What was written since this backup goes out of sight and is kept for 72 hours.</p></div>
<div class="actions"><button class="button primary" type="submit">Restore over live</button></div></form>`;
  return html`<p>A safety backup is taken first. Your database goes on serving meanwhile; at the end the two are swapped within a second. You can cancel until then, and undo it for 72 hours.</p>
<ul class="rows">${findingRows(looked.preflight)}</ul>
<p class="lead">Takes about ${Math.max(1, Math.ceil(forecastSeconds / 60))} min.</p>
${ready ? form : html`<p class="message danger">It cannot be restored as things stand.</p>`}`;
}

function copyName(name: string, takenAt: string): string {
  return `${name}--${takenAt.slice(5, 16).replace(/[-:T]/g, "")}`.slice(0, 40);
}
