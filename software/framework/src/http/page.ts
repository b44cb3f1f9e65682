import type { Html } from "./html.ts";
import { html } from "./html-tag.ts";
import { pagesStylesheet } from "./page-assets.ts";
import { htmlReply } from "./reply.ts";
import type { Reply, RouteRequest } from "./route.ts";

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
  /** Address of a script among our assets; the page works without it. */
  readonly script?: string;
}

/** The frame of a tenant's pages: whose they are, in which language, and whether this is a copy. */
export function tenantPage(request: Pick<RouteRequest, "tenant" | "actor">, content: Page): Reply {
  const banner = request.tenant.neutralized ? { banner: copyBanner } : {};
  return page({ owner: request.tenant.name, language: request.actor.language, ...banner, ...content });
}

/** Draws a page in the common frame. One stylesheet; no script, or one that the page works without. */
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
${content.script === undefined ? "" : html`<script src="${content.script}" defer></script>`}
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

const copyBanner = "This is a copy: nothing leaves it, and changes here do not reach the original.";
const brandIcon = "/assets/holdfast.svg";

/** A horn cleat: what one makes a line fast to. */
const brandMark = html`<svg viewBox="0 0 32 32" aria-hidden="true"><rect class="brand-ground" width="32" height="32" rx="8"/><g class="brand-line" fill="none" stroke-width="2.75" stroke-linecap="round" stroke-linejoin="round"><path d="M4.9 9.6c4.4.2 4.7 3.9 8.3 3.9h5.6c3.6 0 3.9-3.7 8.3-3.9"/><path d="M12.6 13.5v8.9M19.4 13.5v8.9M8.6 22.4h14.8"/></g></svg>`;

/** The hidden field of a form. */
export function csrfField(token: string): Html {
  return html`<input type="hidden" name="csrf_token" value="${token}">`;
}
