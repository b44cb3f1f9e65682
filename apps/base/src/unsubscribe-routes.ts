import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, page } from "@holdfast/framework/http/page";
import { redirectReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { type OpenedLink, useLink } from "@holdfast/framework/identity/links";
import { refusal } from "@holdfast/framework/modules/refusal";
import { companyModel } from "./company.ts";
import { unsubscribeLink, unsubscribePath } from "./unsubscribe-link.ts";
import { speaksFor, subscribeAgain, unsubscribe, unsubscribedSince } from "./unsubscribed.ts";

const link = { who: "link", linkPurpose: unsubscribeLink } as const;
const bodyBytes = 4_096;

/** How a contact ends our mails, and takes them again. A GET changes nothing. Source: RFC 8058, claim OWASP-8. */
export const unsubscribeRoutes: readonly Route[] = [
  {
    ...link,
    method: "GET",
    path: unsubscribePath,
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Asks whether mails to the link's recipient are to end",
    handle: show,
  },
  {
    ...link,
    method: "POST",
    path: unsubscribePath,
    csrf: "none",
    oneClick: true,
    body: "stream",
    bodyLimitBytes: bodyBytes,
    summary: "Ends mails to the link's recipient, by one click of a mail program or by the page's button",
    handle: end,
  },
  {
    ...link,
    method: "POST",
    path: `${unsubscribePath}/undo`,
    csrf: "token",
    body: "form",
    bodyLimitBytes: bodyBytes,
    summary: "Takes mails to the link's recipient again",
    handle: undo,
  },
];

async function show(request: RouteRequest): Promise<Reply> {
  const opened = linkOf(request);
  const env = request.reading();
  const [company, since, theirs] = await Promise.all([
    companyName(request, opened),
    unsubscribedSince(env, [{ address: opened.recipient, contactId: opened.recordId }]),
    speaksFor(env, opened),
  ]);
  const here = unsubscribePath.replace(":token", opened.token);
  return page({
    title: "Mails",
    owner: company,
    narrow: true,
    main: html`<div class="card stack"><h1>Mails from ${company}</h1>
${theirs ? (since === null ? ending(opened, here) : ended(request, opened, here)) : html`<p class="lead">We do not mail to ${opened.recipient} any more.</p>`}</div>`,
    ...(request.tenant.neutralized ? { banner: "This is a copy: nothing that you do here counts." } : {}),
  });
}

function ending(opened: OpenedLink, here: string): Html {
  return html`<p class="lead">We mail to <strong>${opened.recipient}</strong>. Shall that end?</p>
<form method="post" action="${here}" class="stack"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button class="button primary wide" type="submit">Send me no more mails</button></form>
<p class="hint">Mails about an account of yours, such as a new password that you ask for, still come.</p>`;
}

function ended(request: RouteRequest, opened: OpenedLink, here: string): Html {
  return html`<div class="message success" role="status"><p>Done: <strong>${opened.recipient}</strong> gets no more mails from us.</p></div>
<form method="post" action="${here}/undo" class="stack">${csrfField(request.csrfToken())}
<p class="lead">Was that a mistake?</p>
<button class="button wide" type="submit">Mail to me again</button></form>`;
}

async function end(request: RouteRequest): Promise<Reply> {
  const opened = linkOf(request);
  if (!/List-Unsubscribe[\s\S]{0,200}One-Click/.test(await bodyOf(request)))
    throw refusal(
      "bad_request",
      "This address ends mails: the words List-Unsubscribe=One-Click are missing.",
    );
  await request.writing(async (env) => {
    await useLink(env, opened);
    if (await speaksFor(env, opened)) await unsubscribe(env, opened);
  });
  return show(request);
}

async function undo(request: RouteRequest): Promise<Reply> {
  const opened = linkOf(request);
  await request.writing(async (env) => {
    await useLink(env, opened);
    if (await speaksFor(env, opened)) await subscribeAgain(env, opened);
  });
  return redirectReply(unsubscribePath.replace(":token", opened.token));
}

/** A form of either kind: mail programs send `multipart/form-data` as well. Cut at the route's limit. */
async function bodyOf(request: RouteRequest): Promise<string> {
  const words = new TextDecoder();
  let text = "";
  for await (const chunk of request.stream) text += words.decode(chunk as Uint8Array, { stream: true });
  return text;
}

/** Only the name of who mails is read above the link's rights, which are none. */
async function companyName(request: RouteRequest, opened: OpenedLink): Promise<string> {
  const [company] = await request
    .reading()
    .system("the page that ends mails names whose they are", (system) =>
      system.of(companyModel).searchRead([["id", "=", Number(opened.boundTo ?? 0)]], ["name"], { limit: 1 }),
    );
  return company?.name ?? request.tenant.name;
}

function linkOf(request: RouteRequest): OpenedLink {
  if (request.link === null) throw refusal("not_found", "This link does not work, or no longer.");
  return request.link;
}
