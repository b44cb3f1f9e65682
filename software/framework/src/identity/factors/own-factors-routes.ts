import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { failureNotice, type Notice } from "../notice.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { type EnrolledFactor, enrol, enrolmentOf } from "./enrol.ts";
import { enrolmentPage, recoveryCodesPage } from "./enrolment-page.ts";
import { factorKey } from "./factor-parts.ts";
import { factorsOf, hasFactor } from "./factors-of.ts";
import { ownFactors, removeFactor } from "./own-factors.ts";
import { ownFactorsPage } from "./own-factors-page.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";

const path = "/web/account/factors";
const page = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const form = {
  method: "POST",
  who: "user",
  csrf: "token",
  body: "form",
  bodyLimitBytes: 65_536,
  recent: true,
} as const;

/** The page on which people look after their own second factors; whatever changes them asks for confirmation first. */
export const ownFactorsRoutes: readonly Route[] = [
  { ...page, path, summary: "One's own second factors.", handle: (request) => show(request) },
  {
    ...page,
    path: `${path}/new`,
    recent: true,
    summary: "Sets up one more second factor.",
    handle: (request) => showNew(request),
  },
  {
    ...form,
    path: `${path}/new/app`,
    summary: "Adds an authenticator app.",
    handle: (request) => add(request, "app"),
  },
  {
    ...form,
    path: `${path}/new/passkey`,
    summary: "Adds a passkey.",
    handle: (request) => add(request, "passkey"),
  },
  { ...form, path: `${path}/remove`, summary: "Removes one of one's own second factors.", handle: remove },
  {
    ...form,
    path: `${path}/codes`,
    summary: "Makes new recovery codes; the former ones end.",
    handle: newCodes,
  },
];

async function show(request: RouteRequest, notice?: Notice): Promise<Reply> {
  const env = request.reading();
  const userId = userOf(request);
  const [factors, { recoveryCodes }] = await Promise.all([ownFactors(env, userId), factorsOf(env, userId)]);
  const status = notice?.kind === "danger" ? 422 : 200;
  return ownFactorsPage(request, { factors, recoveryCodes, status, ...(notice && { notice }) });
}

async function showNew(request: RouteRequest, problem?: Notice): Promise<Reply> {
  const more = problem === undefined ? {} : { notice: problem, status: 422 };
  const enrolment = await enrolmentOf(request, userOf(request));
  return enrolmentPage(request, { path: `${path}/new`, back: path, ...enrolment, ...more });
}

async function add(request: RouteRequest, factor: EnrolledFactor): Promise<Reply> {
  const { sessionKey: keepSessionKey } = request;
  let codes: readonly string[];
  try {
    codes = await enrol(request, { userId: userOf(request), factor, keepSessionKey });
  } catch (error) {
    return showNew(request, failureNotice(error, "invalid"));
  }
  if (codes.length > 0) return recoveryCodesPage(request, { codes, next: path });
  const what = factor === "app" ? "The app is set up" : "The passkey is set up";
  return show(request, { kind: "success", text: `${what}, and all other devices are signed out.` });
}

async function remove(request: RouteRequest): Promise<Reply> {
  const endApiKeys = request.form["end_keys"] === "yes";
  const key = request.form["key"] ?? "";
  const done = await removeFactor(request, { userId: userOf(request), key, endApiKeys });
  if (done === "last")
    return show(request, {
      kind: "danger",
      text: "Your organization asks for a second step, and this is your only one.",
      hint: "Add another one first.",
    });
  return show(request, { kind: "success", text: "It is removed, and all other devices are signed out." });
}

async function newCodes(request: RouteRequest): Promise<Reply> {
  const userId = userOf(request);
  const codes = await request.writing(async (env) => {
    if (!hasFactor(await factorsOf(env, userId))) return [];
    const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
    const detail = "new recovery codes";
    await recordSecurityEvent(env, {
      event: "factor_changed",
      outcome: "ok",
      userId,
      method: "recovery",
      from,
      detail,
    });
    return makeRecoveryCodes(env, factorKey(request.tenant), userId);
  });
  return codes.length === 0 ? show(request) : recoveryCodesPage(request, { codes, next: path });
}

function userOf(request: RouteRequest): number {
  return request.actor.userId ?? 0;
}
