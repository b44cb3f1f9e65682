import { publicActor } from "../../access/actor.ts";
import { redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { endOtherSessions } from "../credential-change.ts";
import { failureNotice, type Notice } from "../notice.ts";
import type { PendingSignIn } from "../pending-sign-in.ts";
import { type EnrolledFactor, enrol, enrolmentOf } from "./enrol.ts";
import { enrolmentPage, recoveryCodesPage } from "./enrolment-page.ts";
import { originOf, pendingIdOf } from "./factor-routes.ts";
import { factorsOf, hasFactor } from "./factors-of.ts";

const path = "/web/login/setup";
const form = { method: "POST", who: "anyone", csrf: "token", body: "form", bodyLimitBytes: 65_536 } as const;

/** For who must have a second factor and has none: set up at sign-in, before anything else opens. */
export const setupRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    who: "anyone",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Sets up a required second factor, in the middle of a sign-in.",
    handle: (request) => show(request),
  },
  {
    ...form,
    path: `${path}/app`,
    summary: "Sets up a required authenticator app, then opens the session.",
    handle: (request) => setUp(request, "app"),
  },
  {
    ...form,
    path: `${path}/passkey`,
    summary: "Sets up a required passkey, then opens the session.",
    handle: (request) => setUp(request, "passkey"),
  },
];

async function show(request: RouteRequest, problem?: Notice): Promise<Reply> {
  const pending = await waiting(request);
  if (pending === null) return redirectReply("/web/login?problem=late");
  const more = problem === undefined ? {} : { notice: problem, status: 422 };
  return enrolmentPage(request, { path, ...(await enrolmentOf(request, pending.first.userId)), ...more });
}

async function setUp(request: RouteRequest, factor: EnrolledFactor): Promise<Reply> {
  const pending = await waiting(request);
  if (pending === null) return redirectReply("/web/login?problem=late");
  const { tenant } = request;
  const { userId } = pending.first;
  let codes: readonly string[];
  try {
    codes = await enrol(request, { userId, factor });
  } catch (error) {
    return show(request, failureNotice(error, "invalid"));
  }
  const outcome = await tenant.identity.finish(pendingIdOf(request), `${factor} set up`, originOf(request));
  if (outcome.kind !== "opened") return redirectReply("/web/login?problem=late");
  const { sessionKey: keepSessionKey, cookies } = outcome.session;
  // Sessions from before, which the password alone had opened, end now that it no longer does.
  await tenant.data.writing(publicActor, (env) =>
    endOtherSessions(env, userId, { keepSessionKey, endApiKeys: false }),
  );
  return recoveryCodesPage(request, { codes, next: pending.next, cookies });
}

/** The sign-in under way, if a factor is to be set up in it and there is still none: never a way around one. */
async function waiting(request: RouteRequest): Promise<PendingSignIn | null> {
  const { tenant } = request;
  const pending = await tenant.identity.pending(pendingIdOf(request));
  if (pending === null || !pending.factors.includes("setup")) return null;
  const factors = await factorsOf(tenant.data.reading(publicActor), pending.first.userId);
  return hasFactor(factors) ? null : pending;
}
