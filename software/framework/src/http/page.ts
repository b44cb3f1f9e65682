import type { Html } from "./html.ts";
import { html } from "./html-tag.ts";
import { pagesStylesheet } from "./page-assets.ts";
import { htmlReply } from "./reply.ts";
import type { Reply } from "./route.ts";

/** A page that the server draws: sign-in, portal, documents, errors. */
export interface Page {
  readonly title: string;
  readonly main: Html;
  /** One column for a form; else the width of a document. */
  readonly narrow?: boolean;
  /** Whose page it is: the customer's name in the header. Empty on pages that must not tell. */
  readonly owner?: string;
  /** Above all: "This is a copy". */
  readonly banner?: string;
  readonly status?: number;
  readonly language?: string;
}

/** Draws a page in the common frame. No script; one stylesheet. */
export function page(content: Page): Reply {
  const owner = content.owner ?? "Holdfast";
  const markup = html`<!doctype html>
<html lang="${content.language ?? "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${content.title} · ${owner}</title>
<link rel="icon" href="${brandIcon}" type="image/svg+xml">
<link rel="stylesheet" href="${pagesStylesheet.path}">
</head>
<body>
${content.banner ? html`<p class="banner" role="status">${content.banner}</p>` : ""}
<header class="page-header"><a class="brand" href="/">${brandMark}<span>${owner}</span></a></header>
<main class="page-main${content.narrow ? " narrow" : ""}">${content.main}</main>
<footer class="page-footer">Secured by Holdfast</footer>
</body>
</html>`;
  return htmlReply(markup, content.status ?? 200);
}

const brandIcon = "/assets/holdfast.svg";

/** A hold on rock: an anchor's ring above a closed arc. */
const brandMark = html`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" aria-hidden="true"><circle cx="16" cy="7" r="3.5"/><path d="M16 10.5V27M10 16h12M5 19c0 5.5 5 8.5 11 8.5S27 24.500 27 19"/></svg>`;

/** The hidden field of a form. */
export function csrfField(token: string): Html {
  return html`<input type="hidden" name="csrf_token" value="${token}">`;
}
