import { page } from "@holdfast/framework/http/page";
import { redirectReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { useLink } from "@holdfast/framework/identity/links";
import { isRefusal, refusal } from "@holdfast/framework/modules/refusal";
import { acceptQuotation } from "./accept-quotation.ts";
import { quotationMain } from "./quotation-page.ts";
import { digestOf, mailedTo, readQuotation } from "./quotation-view.ts";
import { quotationLink, quotationPath } from "./send-quotation.ts";
import { customerOf, shareLink, sharePath } from "./share-link.ts";

/** The page that a mailed link opens, and the one thing that its holder can do there. Source: claim OWASP-8. */
export const quotationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: quotationPath,
    who: "link",
    linkPurpose: quotationLink,
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Shows the one quotation of a mailed link",
    handle: (request) => show(request),
  },
  {
    method: "POST",
    path: `${quotationPath}/confirm`,
    who: "link",
    linkPurpose: quotationLink,
    csrf: "token",
    body: "form",
    bodyLimitBytes: 4_096,
    summary: "Accepts the one quotation of a mailed link",
    handle: accept,
  },
  {
    method: "GET",
    path: sharePath,
    who: "link",
    linkPurpose: shareLink,
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Shows the one quotation of a link that can do nothing else",
    handle: showShared,
  },
];

async function show(request: RouteRequest, refused?: string): Promise<Reply> {
  const { recordId, recipient } = linkOf(request);
  const view = await readQuotation(request.reading(), recordId, mailedTo(recipient));
  const action = `${pathOf(request)}/confirm`;
  const seen = await digestOf(view);
  const form = { action, seen, csrf: request.csrfToken(), ...(refused ? { refused } : {}) };
  return page({
    title: view.name,
    owner: view.from.name,
    status: refused ? 422 : 200,
    main: quotationMain(view, { nonce: request.nonce, form }),
    ...copyBanner(request),
  });
}

async function showShared(request: RouteRequest): Promise<Reply> {
  const { recordId, boundTo } = linkOf(request);
  const view = await readQuotation(request.reading(), recordId, ({ id }) => customerOf(id) === boundTo);
  return page({
    title: view.name,
    owner: view.from.name,
    main: quotationMain(view, { nonce: request.nonce }),
    ...copyBanner(request),
  });
}

function copyBanner({ tenant }: RouteRequest): { readonly banner?: string } {
  return tenant.neutralized ? { banner: "This is a copy: nothing that you do here counts." } : {};
}

async function accept(request: RouteRequest): Promise<Reply> {
  const link = linkOf(request);
  try {
    await request.writing(async (env) => {
      await useLink(env, link);
      await acceptQuotation(env, link.recordId, {
        signer: request.form["signer"] ?? "",
        seen: request.form["seen"] ?? "",
        recipient: link.recipient,
      });
    });
  } catch (error) {
    if (isRefusal(error, "invalid", "conflict")) return show(request, error.message);
    throw error;
  }
  return redirectReply(pathOf(request));
}

function pathOf(request: RouteRequest): string {
  return quotationPath.replace(":token", linkOf(request).token);
}

function linkOf({ link }: RouteRequest) {
  if (link === null) throw refusal("not_found", "This link does not work, or no longer.");
  return link;
}
