import type { Html } from "../http/html.ts";
import { html } from "../http/html-tag.ts";
import { csrfField, tenantPage } from "../http/page.ts";
import type { Reply, RouteRequest } from "../http/route.ts";
import { knownZone } from "../model/known-zone.ts";
import { type Notice, noticeOf } from "./notice.ts";

/** One link as its record lists it; its address is nowhere kept, so it cannot be shown. */
export interface ShownLink {
  readonly id: number;
  readonly purpose: string;
  readonly recipient: string;
  readonly expires_at: Temporal.Instant;
  readonly uses: number;
  readonly max_uses: number;
  readonly last_used_at: Temporal.Instant | null;
  /** Why it opens nothing any more; undefined: it works. */
  readonly ended: string | undefined;
}

/** What was mailed of a record, to whom, until when, how often used; each with a way to end it. */
export function linksOfRecordPage(
  request: RouteRequest,
  shown: { readonly model: string; readonly id: number; readonly links: readonly ShownLink[] },
  notice?: Notice,
): Reply {
  const here = `/web/links/${shown.model}/${shown.id}`;
  const csrf = csrfField(request.csrfToken());
  const rows = shown.links.map((link) => linkRow(link, { here, csrf, zone: request.actor.timeZone }));
  return tenantPage(request, {
    title: "Links",
    main: html`<div class="stack"><h1>Links</h1>
<p class="lead">Links to this record that work without signing in. <a href="/web/${shown.model}/${shown.id}">Back to the record</a></p>
${noticeOf(notice)}
<section class="card stack">${rows.length === 0 ? html`<p class="lead">None was mailed yet.</p>` : html`<ul class="rows">${rows}</ul>`}</section></div>`,
  });
}

function linkRow(
  link: ShownLink,
  { here, csrf, zone }: { readonly here: string; readonly csrf: Html; readonly zone: string },
): Html {
  const words = link.purpose.replace(/[_.]/g, " ");
  const most = link.max_uses === 0 ? "" : ` of ${link.max_uses}`;
  const last = link.last_used_at === null ? "" : ` · last ${momentText(link.last_used_at, zone)}`;
  const action =
    link.ended === undefined
      ? html`<form method="post" action="${here}/revoke">${csrf}<input type="hidden" name="link" value="${link.id}"><button class="button quiet" type="submit">Revoke</button></form>`
      : html`<span class="badge">${link.ended}</span>`;
  return html`<li><div><strong>${link.recipient}</strong>
<p class="lead">${words} · expires ${momentText(link.expires_at, zone)} · used ${link.uses}${most}${last}</p></div>${action}</li>`;
}

/** Where the administrator changes the key of all links. */
export function linkKeyPage(request: RouteRequest, version: number, notice?: Notice): Reply {
  return tenantPage(request, {
    title: "Mailed links",
    narrow: true,
    status: notice?.kind === "danger" ? 422 : 200,
    main: html`<div class="stack"><h1>Mailed links</h1>
<p class="lead">Links to quotations, and those that set a password, are signed with a key of this database: number ${version}. <a href="/web">Back to work</a></p>
${noticeOf(notice)}
<form method="post" action="/settings/links" class="card stack">${csrfField(request.csrfToken())}
<div class="field"><label for="overlap">Links mailed before work for another</label>
<select id="overlap" name="overlap" aria-describedby="overlap-rule"><option value="0">no time: they die at once</option><option value="24">day</option><option value="168" selected>7 days</option><option value="720">30 days</option><option value="2160">90 days</option></select>
<p class="hint" id="overlap-rule">None works longer than its own expiry. Mails that still wait to be sent count as mailed.</p></div>
<div class="actions"><button class="button primary" type="submit">Change the key</button></div></form></div>`,
  });
}

function momentText(moment: Temporal.Instant, timeZone: string): string {
  return moment
    .toZonedDateTimeISO(knownZone(timeZone))
    .toPlainDateTime()
    .toString({ smallestUnit: "minute" })
    .replace("T", " ");
}
