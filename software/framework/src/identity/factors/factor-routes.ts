import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import { cookieNames, readCookies } from "../../http/cookies.ts";
import { redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { failureNotice, type Notice } from "../notice.ts";
import { assertionOptions, userOfAssertion } from "../passkeys/assertion.ts";
import type { PendingSignIn } from "../pending-sign-in.ts";
import type { SignInOrigin } from "../sign-in.ts";
import { checkCode } from "./check-code.ts";
import { factorPage } from "./factor-page.ts";

const form = { method: "POST", who: "anyone", csrf: "token", body: "form", bodyLimitBytes: 32_768 } as const;

/** The step between a right password and the session: a second factor, or a recovery code. */
export const factorRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/web/login/factor",
    who: "anyone",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Asks for the second factor of a sign-in.",
    handle: (request) => show(request),
  },
  { ...form, path: "/web/login/factor", summary: "Takes a code as the second factor.", handle: byCode },
  {
    ...form,
    path: "/web/login/factor/passkey",
    summary: "Takes a passkey as the second factor.",
    handle: byPasskey,
  },
];

/** The id of the sign-in that this browser has under way; empty without one. */
export function pendingIdOf(request: RouteRequest): string {
  return readCookies(request.headers["cookie"]).get(cookieNames.pending) ?? "";
}

/** Where a session is opened after it. */
export function originOf(request: RouteRequest): SignInOrigin {
  const userAgent = request.headers["user-agent"] ?? "";
  return { source: request.source, userAgent, replaces: request.sessionKey };
}

async function show(
  request: RouteRequest,
  problem?: { readonly notice: Notice; readonly status: number },
): Promise<Reply> {
  const pending = await request.tenant.identity.pending(pendingIdOf(request));
  if (pending === null) return redirectReply("/web/login?problem=late");
  if (pending.factors.includes("setup")) return redirectReply("/web/login/setup");
  const env = request.tenant.data.reading(publicActor);
  const use = { kind: "second", userId: pending.first.userId } as const;
  const passkey = pending.factors.includes("passkey")
    ? await assertionOptions(request.tenant, env, { use, binding: request.csrfToken() })
    : undefined;
  return factorPage(request, { factors: pending.factors, passkey, ...problem });
}

function byCode(request: RouteRequest): Promise<Reply> {
  return withPending(request, async ({ first }) => {
    const by = await checkCode(request, first.userId, request.form["code"] ?? "");
    if (by === null)
      throw new ExpectedError("invalid", "The code is not right.", {
        hint: "Each code works once: wait for the next one. If none works, check the clock of your phone.",
      });
    return by;
  });
}

function byPasskey(request: RouteRequest): Promise<Reply> {
  return withPending(request, async ({ first }) => {
    const use = { kind: "second", userId: first.userId } as const;
    const given = { answer: request.form["answer"] ?? "", use, binding: request.csrfToken() };
    if ((await userOfAssertion(request.tenant, given)) === null)
      throw new ExpectedError("invalid", "This passkey was not accepted.", { hint: "Try again." });
    return "passkey";
  });
}

/** Checks, then opens the session that waited; what is not right draws the page again. */
async function withPending(
  request: RouteRequest,
  check: (pending: PendingSignIn) => Promise<string>,
): Promise<Reply> {
  const { identity } = request.tenant;
  const pendingId = pendingIdOf(request);
  const pending = await identity.pending(pendingId);
  if (pending === null || pending.factors.includes("setup")) return redirectReply("/web/login?problem=late");
  try {
    const outcome = await identity.finish(pendingId, await check(pending), originOf(request));
    return outcome.kind === "opened"
      ? redirectReply(pending.next, outcome.session.cookies)
      : redirectReply("/web/login?problem=late");
  } catch (error) {
    const notice = failureNotice(error, "invalid", "too_many");
    const status = error instanceof ExpectedError && error.code === "too_many" ? 429 : 422;
    return show(request, { notice, status });
  }
}
