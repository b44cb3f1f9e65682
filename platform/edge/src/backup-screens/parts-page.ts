import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, tenantPage } from "@holdfast/framework/http/page";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import type { OutputOf } from "@holdfast/protocol/method";
import type { OwnBackup, OwnOperation, ownParts } from "@holdfast/protocol/self-service-methods";
import { when } from "./words.ts";

/** What a model's box in the form is called. */
export const modelField = (model: string): string => `model.${model}`;

/** Which parts of a backup are wanted back: chosen here, looked at next, and only then confirmed. */
export function partsPage(
  request: RouteRequest,
  { backup, offered }: { readonly backup: OwnBackup; readonly offered: OutputOf<typeof ownParts> },
): Reply {
  const boxes = offered.models.map(
    ({ model, label }) =>
      html`<div><label class="check"><input type="checkbox" name="${modelField(model)}"> ${label}</label></div>`,
  );
  return tenantPage(request, {
    title: "Bring parts back",
    narrow: true,
    main: html`<div class="stack">
<h1>Bring parts back</h1>
<p class="lead">From the <a href="/backups/${backup.backupId}">backup of ${when(backup.takenAt)}</a> into your live database. Everything you do not choose stays as it is today.</p>
<form method="post" action="/backups/${backup.backupId}/parts" class="stack card">${csrfField(request.csrfToken())}
<fieldset class="stack"><legend>What to bring back</legend>
<p class="hint">Records come with what belongs to them: lines, tags, messages and files. People who sign in, their rights and the settings come back with the whole database only.</p>
${boxes}</fieldset>
<fieldset class="stack"><legend>How</legend>
<label class="check"><input type="radio" name="mode" value="merge" checked> Bring back what is missing or was changed; keep what was added since</label>
<label class="check"><input type="radio" name="mode" value="replace"> Exactly as in the backup: what was added since is removed</label></fieldset>
<p class="lead">Nothing is changed yet: you see first how many records would be.</p>
<div class="actions"><button class="button primary" type="submit">See what would change</button></div></form></div>`,
  });
}

type Parts = NonNullable<OwnOperation["parts"]>;

/** What chosen parts change, with the form that brings them back, or the one that undoes it. */
export function partsResult(
  request: RouteRequest,
  { parts, name }: { readonly parts: Parts; readonly name: string },
): Html {
  const rows = parts.tables.map(
    ({ table, added, changed, removed, unchanged }) =>
      html`<tr><td>${table}</td><td>${added}</td><td>${changed}</td><td>${removed}</td><td>${unchanged}</td></tr>`,
  );
  const [back, edited, gone] = parts.applied
    ? ["Brought back", "Set back", "Removed"]
    : ["To bring back", "To set back", "To remove"];
  const list = html`<div class="table-scroll" tabindex="0" role="region" aria-label="What changes"><table><thead><tr><th scope="col">Records</th><th scope="col">${back}</th><th scope="col">${edited}</th><th scope="col">${gone}</th><th scope="col">As they are</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  const csrf = csrfField(request.csrfToken());
  const hidden = parts.models.map(
    (model) => html`<input type="hidden" name="${modelField(model)}" value="on">`,
  );
  if (parts.applied)
    return html`${list}<p>To undo it, the same records are taken from the safety backup, exactly as they were; what is written to them from now on goes with it.</p>
${parts.safetyBackup === null ? "" : html`<form method="post" action="/backups/${parts.safetyBackup}/parts" class="actions">${csrf}${hidden}<input type="hidden" name="mode" value="replace"><button class="button" type="submit">Look at undoing it</button></form>`}`;
  const changes = parts.tables.reduce((sum, one) => sum + one.added + one.changed + one.removed, 0);
  if (parts.dangling.length > 0)
    return html`${list}<div class="message danger"><p>It cannot be brought back like this:</p><ul>${parts.dangling.map(
      ({ table, column, target, rows: count }) =>
        html`<li>${count} of ${table} would refer by “${column}” to records of ${target} that would not be there.</li>`,
    )}</ul></div><p>Choose those records as well, or keep what was added since. <a href="/backups/${parts.backupId}/parts">Choose again</a></p>`;
  if (changes === 0)
    return html`${list}<p class="message">Nothing would change: these records are as in the backup.</p>`;
  return html`${list}<form method="post" action="/backups/${parts.backupId}/parts/restore" class="stack">${csrf}${hidden}<input type="hidden" name="mode" value="${parts.mode}">
<div class="field"><label for="confirm">Type ${name} to bring them back</label><input id="confirm" name="confirm" autocomplete="off" maxlength="100" required aria-describedby="what">
<p class="hint" id="what">A safety backup is taken first. All of it is done at one moment or not at all; nobody is signed out, and what is written to other records meanwhile stays.</p></div>
<div class="actions"><button class="button primary" type="submit">Bring them back</button></div></form>`;
}
