import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField, tenantPage } from "../../http/page.ts";
import type { Reply, RouteRequest } from "../../http/route.ts";
import { knownZone } from "../../model/known-zone.ts";
import { type Notice, noticeOf } from "../notice.ts";
import type { ShownFactor } from "./own-factors.ts";

/** A person's second factors: see them, add one, remove one, new recovery codes. */
export function ownFactorsPage(
  request: RouteRequest,
  shown: {
    readonly factors: readonly ShownFactor[];
    readonly recoveryCodes: number;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Reply {
  const csrf = csrfField(request.csrfToken());
  const { factors } = shown;
  return tenantPage(request, {
    title: "Your second step",
    status: shown.status ?? 200,
    main: html`<div class="stack">
<h1>Your second step</h1>
<p class="lead">What signs you in besides your password. <a href="/web/account">Back to your account</a></p>
${noticeOf(shown.notice)}
<section class="card stack"><h2>Passkeys and apps</h2>
${factors.length === 0 ? html`<p class="lead">You have none yet: your password alone lets you in, and whoever knows it.</p>` : factorList(request, factors, csrf)}
<p><a class="button primary" href="/web/account/factors/new">Add a passkey or an app</a></p></section>
${factors.length === 0 ? "" : codesPart(shown.recoveryCodes, csrf)}
</div>`,
  });
}

function factorList(request: RouteRequest, factors: readonly ShownFactor[], csrf: Html): Html {
  const rows = factors.map(
    (
      one,
    ) => html`<li><div><strong>${one.name}</strong><p class="lead">${one.detail} · ${usedText(request, one)}</p></div>
<form method="post" action="/web/account/factors/remove" class="actions">${csrf}<input type="hidden" name="key" value="${one.key}">
<label class="check"><input type="checkbox" name="end_keys" value="yes" checked> End my API keys too</label>
<button class="button quiet" type="submit">Remove<span class="visually-hidden"> ${one.name}</span></button></form></li>`,
  );
  return html`<ul class="rows">${rows}</ul>`;
}

function codesPart(left: number, csrf: Html): Html {
  return html`<section class="card stack"><h2>Recovery codes</h2>
<p class="lead">${left === 0 ? "None is left." : `${left} ${left === 1 ? "is" : "are"} left.`} Each lets you in once when your device is lost.</p>
<form method="post" action="/web/account/factors/codes" class="actions">${csrf}<button class="button" type="submit">Make new codes</button></form></section>`;
}

function usedText(request: RouteRequest, { lastUsed }: ShownFactor): string {
  if (lastUsed === null) return "not used yet";
  const day = lastUsed.toZonedDateTimeISO(knownZone(request.actor.timeZone)).toPlainDate();
  return `last used ${day.toString()}`;
}
