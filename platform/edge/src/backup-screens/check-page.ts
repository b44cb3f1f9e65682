import { html } from "@holdfast/framework/http/html-tag";
import { tenantPage } from "@holdfast/framework/http/page";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import { findingRows, type Looked } from "./backup-page.ts";

/** What stands in the way of a restore over live, and how long it takes: before an operator types a name. */
export function checkPage(request: RouteRequest, looked: Looked): Reply {
  const seen =
    looked.kind === "refused"
      ? html`<p class="message danger">${looked.message}</p>${looked.hint ? html`<p>${looked.hint}</p>` : ""}`
      : html`<p class="message ${looked.preflight.ready ? "success" : "danger"}">${looked.preflight.ready ? "It can be restored over the live database." : "It cannot be restored as things stand."}</p>
<ul class="rows">${findingRows(looked.preflight)}</ul>
<p class="lead">Takes about ${Math.max(1, Math.ceil(looked.preflight.forecastSeconds / 60))} min; the live database serves meanwhile.</p>`;
  const name = looked.kind === "seen" ? looked.preflight.name : "a backup";
  return tenantPage(request, {
    title: "Check before a restore",
    narrow: true,
    main: html`<div class="stack"><h1>Check before restoring ${name}</h1><p class="lead"><a href="/web/platform.backup">All backups</a></p><section class="card stack">${seen}</section></div>`,
  });
}
