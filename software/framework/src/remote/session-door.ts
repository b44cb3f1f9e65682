import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";
import { cookieNames, readCookies } from "../http/cookies.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { usersModel } from "../identity/models.ts";
import type { DataSource } from "../model/environment.ts";
import { bad } from "./arguments.ts";
import { dispatch } from "./dispatch.ts";
import { jsonRpcReply, sessionExpiredReply } from "./json-rpc.ts";
import { apiVersion } from "./service.ts";
import { rpcBodyBytes } from "./xml-rpc-door.ts";

const smallBody = 16_384;
const userFields = ["name", "login", "partner_id", "company_id", "company_ids", "lang", "tz"] as const;

/** For clients that keep a session cookie, our own among them. Cookies count only from our own pages. */
export const sessionRoutes: readonly Route[] = [
  route("/web/session/authenticate", smallBody, "Opens a session with a password", signIn),
  route("/web/session/get_session_info", smallBody, "Tells who is signed in", (request) =>
    signedIn(request, () => sessionInfo(request.tenant.data, request.actor, request.tenant.name)),
  ),
  route("/web/session/destroy", smallBody, "Ends the session", signOut),
  ...["/web/dataset/call_kw", "/web/dataset/call_kw/:model/:method"].map(
    (path): Route => ({
      ...route(path, rpcBodyBytes, "Calls a method for the signed-in user", callKw),
      overlapped: true,
    }),
  ),
];

function route(path: string, bodyLimitBytes: number, summary: string, handle: Route["handle"]): Route {
  return {
    method: "POST",
    path,
    who: "anyone",
    csrf: "origin",
    scopedKeys: true,
    body: "json",
    bodyLimitBytes,
    summary,
    handle,
  };
}

async function callKw(request: RouteRequest): Promise<Reply> {
  return signedIn(request, ({ model, method, args, kwargs }) =>
    dispatch(request.tenant.data, request.actor, {
      model: request.params["model"] ?? model,
      method: request.params["method"] ?? method,
      args,
      kwargs,
    }),
  );
}

async function signedIn(
  request: RouteRequest,
  work: (params: Readonly<Record<string, unknown>>) => Promise<unknown>,
): Promise<Reply> {
  return request.actor.kind === "user" ? jsonRpcReply(request, work) : sessionExpiredReply(request);
}

async function signIn(request: RouteRequest): Promise<Reply> {
  const { tenant, source, headers } = request;
  let cookies: readonly string[] = [];
  const reply = await jsonRpcReply(request, async ({ db, login, password }) => {
    if (typeof login !== "string" || typeof password !== "string")
      throw bad("Login and password are needed.");
    const known = db === undefined || db === tenant.name;
    // A name of another database is tried as nobody's, so that it takes as long and counts as well.
    const device = readCookies(headers["cookie"]).get(cookieNames.device) ?? "";
    const outcome = await tenant.identity.signIn(
      { login: known ? login : "", secret: password, source, device },
      { source, userAgent: headers["user-agent"] ?? "", replaces: request.sessionKey },
    );
    if (outcome.kind === "factor") throw secondFactorMissing();
    const actor = outcome.kind === "opened" ? await tenant.identity.actorOf(outcome.userId) : null;
    if (outcome.kind === "refused" || actor === null)
      throw new ExpectedError("unauthenticated", "Access denied.");
    cookies = outcome.session.cookies;
    return sessionInfo(tenant.data, actor, tenant.name);
  });
  return cookies.length === 0 ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}

function secondFactorMissing(): ExpectedError {
  return new ExpectedError("unauthenticated", "This account needs a second factor.", {
    hint: "Sign in at /web/login; programs work with an API key.",
  });
}

async function signOut(request: RouteRequest): Promise<Reply> {
  const cookies =
    request.sessionKey === "" ? [] : await request.tenant.identity.endSession(request.sessionKey);
  const reply = await jsonRpcReply(request, async () => true);
  return cookies.length === 0 ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}

/** What established clients read after signing in. */
async function sessionInfo(
  data: DataSource,
  actor: Actor,
  database: string,
): Promise<Record<string, unknown>> {
  const userId = actor.userId ?? 0;
  const [user] = await data
    .reading(actor)
    .system("tell a signed-in user about themselves", (env) =>
      env.of(usersModel).searchRead([["id", "=", userId]], userFields, { limit: 1 }),
    );
  const lang = remoteLanguage(user?.lang ?? "en");
  return {
    ...apiVersion,
    uid: userId,
    db: database,
    name: user?.name ?? "",
    username: user?.login ?? "",
    partner_id: user?.partner_id?.id ?? false,
    partner_display_name: user?.partner_id?.displayName ?? user?.name ?? "",
    company_id: user?.company_id?.id ?? false,
    user_companies: {
      current_company: user?.company_id?.id ?? false,
      allowed_companies: user?.company_ids ?? [],
    },
    user_context: { lang, tz: user?.tz ?? "UTC", uid: userId },
    is_system: actor.groups.has("base.admin"),
    is_admin: actor.groups.has("base.admin"),
    is_internal_user: actor.groups.has("base.user"),
  };
}

/** `en` → `en_US`, `de-AT` → `de_AT`: languages as the API writes them; of a tag that is none, English. */
function remoteLanguage(tag: string): string {
  try {
    const [known = "en"] = Intl.PluralRules.supportedLocalesOf(tag.replaceAll("_", "-"));
    const locale = new Intl.Locale(known).maximize();
    return `${locale.language}_${locale.region ?? "US"}`;
  } catch {
    return "en_US";
  }
}
