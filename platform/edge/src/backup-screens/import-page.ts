import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { tenantPage } from "@holdfast/framework/http/page";
import { uploadScript } from "@holdfast/framework/http/page-assets";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import { largestUploadBytes, type UploadState } from "@holdfast/protocol/upload-methods";
import { size, when } from "./words.ts";

/**
 * Where a downloaded zip is chosen and sent; the script shows how far it is, goes on after a cut and can cancel.
 *
 * @param left - what the same person has sent of a zip before.
 */
export function importPage(
  request: RouteRequest,
  { isPanel, left }: { readonly isPanel: boolean; readonly left: UploadState | null },
): Reply {
  const what = isPanel
    ? html`<p>A zip that was downloaded from this or another installation becomes a new customer.</p>`
    : html`<p>A zip that was downloaded from this or another database becomes a backup of this one. Nothing changes yet: you look at it on the side, or restore it over the live database, as any other.</p>`;
  const fields = isPanel
    ? html`<div class="field"><label for="customer">Host name of the new customer</label><input id="customer" name="customer" autocomplete="off" maxlength="40" required></div>
<div class="field"><label for="email">Mail address of its administrator</label><input id="email" name="email" type="email" autocomplete="off" maxlength="254" required></div>`
    : "";
  return tenantPage(request, {
    title: "Take a zip in",
    narrow: true,
    script: uploadScript.path,
    main: html`<div class="stack">
<h1>Take a zip in</h1>
<p class="lead"><a href="${isPanel ? "/web/platform.customer" : "/backups"}">${isPanel ? "All customers" : "All backups"}</a></p>
<form class="stack card" method="post" data-upload="/backups/uploads">${what}${leftOver(left)}${fields}
<div class="field"><label for="zip">The zip, at most ${largestUploadBytes / 2 ** 30} GB</label><input id="zip" type="file" accept=".zip,application/zip" required aria-describedby="about">
<p class="hint" id="about">It holds dump.sql, filestore/ and manifest.json, as a download gives it. Only rows and files are taken from it, and only what equals its manifest; no SQL of it is run.</p></div>
<p role="status" data-state class="message" hidden></p>
<progress aria-label="Sent" hidden></progress>
<div class="actions"><button class="button primary" type="submit">Take it in</button><button class="button" type="button" data-cancel hidden>Cancel</button></div>
<noscript><p class="message warning">This page needs a script to send the file. Without it an operator can use <code>bin/holdfast backup import</code>.</p></noscript></form></div>`,
  });
}

function leftOver(left: UploadState | null): Html | string {
  if (left === null || left.ended !== null) return "";
  const { name, bytes, offset, expiresAt } = left;
  return html`<div class="message stack" data-left><p>${size(offset)} of “${name}” (${size(bytes)}) are here already. Choose the same file and it goes on from there, until ${when(expiresAt)}. Another file begins anew and drops this one.</p>
<div class="actions"><button class="button" type="button" data-drop="${left.uploadId}">Drop it</button></div></div>`;
}
