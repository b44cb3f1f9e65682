import { publicActor } from "../access/actor.ts";
import { cookieNames, readCookies } from "../http/cookies.ts";
import { localPath, redirectReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { deadLink, useLink } from "./links.ts";
import { usersModel } from "./models.ts";
import { failureNotice, type Notice } from "./notice.ts";
import { resetPath, resetPurpose } from "./reset-purpose.ts";
import type { EventOrigin } from "./security-log.ts";
import { forgotPage, resetPage, signInPage } from "./sign-in-page.ts";
import { minimumLength, signInPolicy } from "./signin-policy.ts";

const home = "/web";
const formBytes = 16_384;
const page = { method: "GET", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const form = { method: "POST", csrf: "token", body: "form", bodyLimitBytes: formBytes } as const;

/** Sign-in, sign-out, forgotten password, reset and invitation: server pages without script. */
export const signInRoutes: readonly Route[] = [
  { ...page, path: "/web/login", who: "anyone", summary: "The sign-in page.", handle: showSignIn },
  { ...form, path: "/web/login", who: "anyone", summary: "Signs in and opens a session.", handle: signIn },
  {
    ...form,
    path: "/web/logout",
    who: "anyone",
    summary: "Ends the session of this browser.",
    handle: signOut,
  },
  {
    ...page,
    path: "/web/forgot",
    who: "anyone",
    summary: "Asks for a reset link.",
    handle: async (request) => forgotPage(request, { sent: false }),
  },
  {
    ...form,
    path: "/web/forgot",
    who: "anyone",
    summary: "Mails a reset link to who exists.",
    handle: askReset,
  },
  {
    ...page,
    path: resetPath,
    who: "link",
    linkPurpose: resetPurpose,
    summary: "The page on which an invited or forgetful person sets a password.",
    handle: (request) => showReset(request),
  },
  {
    ...form,
    path: resetPath,
    who: "link",
    linkPurpose: resetPurpose,
    summary: "Sets a password by link; the link is then used up.",
    handle: reset,
  },
];

async function showSignIn(request: RouteRequest): Promise<Reply> {
  const next = localPath(request.url.searchParams.get("next"), home);
  if (request.actor.kind === "user") return redirectReply(next);
  const done = request.url.searchParams.get("done");
  const text =
    done === "password"
      ? "Your password is set. Sign in with it."
      : done === "account"
        ? "Your account is ready. Sign in with it."
        : done === "out"
          ? "You are signed out."
          : "";
  const problem = problems[request.url.searchParams.get("problem") ?? ""];
  if (problem !== undefined) return signInPage(request, { next, notice: { kind: "danger", ...problem } });
  return signInPage(request, text === "" ? { next } : { next, notice: { kind: "success", text } });
}

/** Why a sign-in that took several steps ended here again; in words that tell nothing of who exists. */
const problems: Readonly<Record<string, { readonly text: string; readonly hint: string }>> = {
  late: { text: "That took too long, or was begun elsewhere.", hint: "Sign in again." },
  away: { text: "The other sign-in does not answer.", hint: "Try again in a minute, or sign in here." },
  provider: {
    text: "You were not let in that way.",
    hint: "Ask your administrator whether your account there may be used here.",
  },
};

async function signIn(request: RouteRequest): Promise<Reply> {
  const next = localPath(request.form["next"], home);
  const login = request.form["login"] ?? "";
  const shown = { next, login: login.isWellFormed() ? login.slice(0, 254) : "" };
  const device = readCookies(request.headers["cookie"]).get(cookieNames.device) ?? "";
  const { identity } = request.tenant;
  try {
    const secret = request.form["password"] ?? "";
    const outcome = await identity.signIn(
      { login, secret, source: request.source, device },
      { ...originOf(request), replaces: request.sessionKey, next },
    );
    if (outcome.kind === "refused")
      return await signInPage(request, { ...shown, status: 401, notice: wrong });
    if (outcome.kind === "factor") return redirectReply("/web/login/factor", outcome.cookies);
    return redirectReply(next, outcome.session.cookies);
  } catch (error) {
    const notice = failureNotice(error, "too_many");
    return retryLater(await signInPage(request, { ...shown, status: 429, notice }));
  }
}

function originOf(request: RouteRequest): EventOrigin {
  return { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
}

const wrong: Notice = {
  kind: "danger",
  text: "Login or password is not right.",
  hint: "Check both. Capital letters count in the password.",
};

async function signOut(request: RouteRequest): Promise<Reply> {
  return redirectReply("/web/login?done=out", await request.tenant.identity.endSession(request.sessionKey));
}

async function askReset(request: RouteRequest): Promise<Reply> {
  try {
    await request.tenant.identity.requestReset(request.form["login"] ?? "", request.source);
    return forgotPage(request, { sent: true });
  } catch (error) {
    return retryLater(
      forgotPage(request, { sent: false, status: 429, notice: failureNotice(error, "too_many") }),
    );
  }
}

async function showReset(
  request: RouteRequest,
  problem?: { readonly notice: Notice; readonly status: number },
): Promise<Reply> {
  const env = request.tenant.data.reading(publicActor);
  const [policy, login] = await Promise.all([signInPolicy(env), loginOf(request)]);
  const least = await minimumLength(env, request.link?.recordId ?? 0, policy);
  return resetPage(request, { login, minimumLength: least, ...problem });
}

/** @throws ExpectedError `not_found` when the user was archived since: the link is as dead as the account. */
async function loginOf(request: RouteRequest): Promise<string> {
  const rows = await request.tenant.data
    .reading(publicActor)
    .system("show whose password a reset link sets", (system) =>
      system.of(usersModel).searchRead([["id", "=", request.link?.recordId ?? 0]], ["login"], { limit: 1 }),
    );
  if (rows[0] === undefined) throw deadLink();
  return rows[0].login;
}

async function reset(request: RouteRequest): Promise<Reply> {
  const { link, form: given } = request;
  if (link === null) throw deadLink();
  if (given["password"] !== given["again"])
    return showReset(request, {
      status: 422,
      notice: { kind: "danger", text: "The two passwords are not the same." },
    });
  try {
    await request.tenant.identity.setPassword(link.recordId, given["password"] ?? "", {
      method: "link",
      from: originOf(request),
      alsoInside: (env) => useLink(env, link),
    });
    return redirectReply("/web/login?done=password");
  } catch (error) {
    return showReset(request, { status: 422, notice: failureNotice(error, "invalid") });
  }
}

function retryLater(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "retry-after": "60" } };
}
