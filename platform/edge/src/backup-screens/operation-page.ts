import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, tenantPage } from "@holdfast/framework/http/page";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import type { OwnOperation } from "@holdfast/protocol/self-service-methods";
import { partsResult } from "./parts-page.ts";
import { badge } from "./words.ts";

/** How often the page looks again by itself while the work goes on. */
const refreshSeconds = 2;

/** How far a piece of work is; can be left and come back to. Refreshes itself without a script. */
export function operationPage(request: RouteRequest, operation: OwnOperation, name: string): Reply {
  const { label, state, step, done, total, detail, error, hint, cancellable, url, parts } = operation;
  const isOpen = state === "pending" || state === "running" || state === "undoing";
  const reply = tenantPage(request, {
    title: label,
    narrow: parts === null,
    main: html`<div class="stack card">
<h1>${label}</h1>
<p>${badge(state)}</p>
${isOpen ? html`<p><progress max="${Math.max(1, total)}" value="${done}" aria-label="Steps">${done} of ${total}</progress></p><p>${step ?? "It waits for its turn."}</p>${detail ? html`<p class="lead">${detail}</p>` : ""}<p class="lead">You can leave this page; it goes on.</p>` : ""}
${error ? html`<p class="message danger" role="alert">${error}</p>${hint ? html`<p>${hint}</p>` : ""}` : ""}
${state === "done" && url ? html`<p>The copy answers at <a href="${url}">${url}</a>.</p>` : ""}
${state === "done" && parts ? partsResult(request, { parts, name }) : ""}
${state === "cancelled" ? html`<p>Everything that it did is undone.</p>` : ""}
${cancellable ? html`<form method="post" action="/backups/operations/${operation.operationId}/cancel" class="actions">${csrfField(request.csrfToken())}<button class="button" type="submit">Cancel and undo</button></form>` : ""}
${isOpen && !cancellable ? html`<p class="lead">It can no longer be cancelled; when it is done it can be undone.</p>` : ""}
<p><a href="/backups">Backups</a></p>
</div>`,
  });
  return isOpen ? { ...reply, headers: { ...reply.headers, refresh: String(refreshSeconds) } } : reply;
}
