import { ExpectedError } from "@holdfast/kernel/errors";
import { cookieNames, readCookies } from "../http/cookies.ts";
import { html } from "../http/html-tag.ts";
import { csrfField, tenantPage } from "../http/page.ts";
import { passkeyScript } from "../http/page-assets.ts";
import { localPath, redirectReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { jsonRpcReply } from "../remote/json-rpc.ts";
import { confirmWays } from "./factors/confirm-ways.ts";
import type { ConfirmedSession } from "./identity.ts";
import { failureNotice, type Notice, noticeOf } from "./notice.ts";

const bodyLimitBytes = 16_384;

/** Where a signed-in person confirms that it is them; see recent-confirmation.ts. */
export const confirmRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/web/confirm",
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Asks a signed-in person for their password again.",
    handle: async (request) => confirmPage(request, request.url.searchParams.get("next")),
  },
  {
    method: "POST",
    path: "/web/confirm",
    who: "user",
    csrf: "token",
    body: "form",
    bodyLimitBytes,
    summary: "Confirms by password that it is the signed-in person.",
    handle: confirm,
  },
  {
    method: "POST",
    path: "/web/session/confirm",
    who: "user",
    csrf: "origin",
    body: "json",
    bodyLimitBytes,
    summary: "The same for the web client's dialog.",
    handle: confirmInDialog,
  },
];

const wrong: Notice = { kind: "danger", text: "The password is not right." };

/** The session that is confirmed by this request. */
export function confirmedSession(request: RouteRequest): ConfirmedSession {
  return {
    userId: request.actor.userId ?? 0,
    sessionKey: request.sessionKey,
    from: { source: request.source, userAgent: request.headers["user-agent"] ?? "" },
  };
}

/** Asks for the password, or whatever else the person has set up. */
export async function confirmPage(
  request: RouteRequest,
  next: string | null | undefined,
  notice?: Notice,
): Promise<Reply> {
  const ways = await confirmWays(request, localPath(next, "/web"));
  return tenantPage(request, {
    script: passkeyScript.path,
    title: "Confirm that it is you",
    narrow: true,
    status: notice === undefined ? 200 : 422,
    main: html`<div class="card stack">
<h1>Confirm that it is you</h1>
<p class="lead">What you are about to do needs your password again. It then counts for ten minutes.</p>
${noticeOf(notice)}
<form method="post" action="/web/confirm" class="stack">
${csrfField(request.csrfToken())}
<input type="hidden" name="next" value="${localPath(next, "/web")}">
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required></div>
<div class="actions"><button class="button primary" type="submit">Confirm</button> <a class="button quiet" href="/web">Cancel</a></div>
</form>
${ways}
</div>`,
  });
}

async function confirm(request: RouteRequest): Promise<Reply> {
  const { next, password } = request.form;
  try {
    const cookies = await checked(request, password ?? "");
    if (cookies === null) return await confirmPage(request, next, wrong);
    return redirectReply(localPath(next, "/web"), cookies);
  } catch (error) {
    const page = await confirmPage(request, next, failureNotice(error, "too_many"));
    return { ...page, status: 429, headers: { ...page.headers, "retry-after": "60" } };
  }
}

async function confirmInDialog(request: RouteRequest): Promise<Reply> {
  let cookies: readonly string[] | null = [];
  const reply = await jsonRpcReply(request, async ({ password }) => {
    if (typeof password !== "string") throw new ExpectedError("bad_request", "The password is missing.");
    cookies = await checked(request, password);
    if (cookies === null) throw new ExpectedError("invalid", "The password is not right.");
    return true;
  });
  return cookies === null || cookies.length === 0
    ? reply
    : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}

/** An API key has no session to confirm. */
function checked(request: RouteRequest, secret: string): Promise<readonly string[] | null> {
  const session = confirmedSession(request);
  if (session.sessionKey === "")
    throw new ExpectedError("access_denied", "Only a person who is signed in can confirm who they are.");
  const device = readCookies(request.headers["cookie"]).get(cookieNames.device) ?? "";
  const attempt = { login: session.userId, secret, source: request.source, device };
  return request.tenant.identity.confirm(attempt, session);
}
