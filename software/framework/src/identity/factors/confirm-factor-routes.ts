import { ExpectedError } from "@holdfast/kernel/errors";
import { localPath, redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { confirmedSession, confirmPage } from "../confirm-routes.ts";
import { failureNotice } from "../notice.ts";
import { userOfAssertion } from "../passkeys/assertion.ts";
import { checkCode } from "./check-code.ts";

const form = { method: "POST", who: "user", csrf: "token", body: "form", bodyLimitBytes: 32_768 } as const;

/** A signed-in person confirms who they are by a second factor in place of the password, which some do not have. */
export const confirmFactorRoutes: readonly Route[] = [
  {
    ...form,
    path: "/web/confirm/code",
    summary: "Confirms by a code of one's app.",
    handle: (request) => confirm(request, byCode),
  },
  {
    ...form,
    path: "/web/confirm/passkey",
    summary: "Confirms by a passkey.",
    handle: (request) => confirm(request, byPasskey),
  },
];

async function confirm(
  request: RouteRequest,
  check: (request: RouteRequest, userId: number) => Promise<string | null>,
): Promise<Reply> {
  const session = confirmedSession(request);
  if (session.sessionKey === "")
    throw new ExpectedError("access_denied", "Only a person who is signed in can confirm who they are.");
  const { next } = request.form;
  try {
    const by = await check(request, session.userId);
    if (by === null) return await confirmPage(request, next, { kind: "danger", text: "This was not right." });
    return redirectReply(localPath(next, "/web"), await request.tenant.identity.confirmed(session, by));
  } catch (error) {
    const page = await confirmPage(request, next, failureNotice(error, "too_many"));
    return { ...page, status: 429 };
  }
}

function byCode(request: RouteRequest, userId: number): Promise<string | null> {
  return checkCode(request, userId, request.form["code"] ?? "");
}

async function byPasskey(request: RouteRequest, userId: number): Promise<string | null> {
  const use = { kind: "second", userId } as const;
  const given = { answer: request.form["answer"] ?? "", use, binding: request.csrfToken() };
  return (await userOfAssertion(request.tenant, given)) === null ? null : "passkey";
}
