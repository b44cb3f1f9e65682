import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import { cookieNames, hostCookie, readCookies } from "../../http/cookies.ts";
import { localPath, redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { egressAllowed } from "../../mail/egress.ts";
import { confirmedSession } from "../confirm-routes.ts";
import { useOnce } from "../factors/use-once.ts";
import { type ExternalUser, externalUser } from "../providers/external-user.ts";
import { type Provider, providerOf, reachedFrom, secretOf } from "../providers/provider.ts";
import { openToken, sealToken } from "../sealed-token.ts";
import { recordSignIn } from "../security-log.ts";
import { oidcClient } from "./oidc-client.ts";
import { type BegunSignIn, beginSignIn, personOfAnswer } from "./oidc-person.ts";

/** How long a person may take at the provider. */
const waitSeconds = 900;
const page = { method: "GET", who: "anyone", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const home = "/web";
const notLetIn = "/web/login?problem=provider";

/** Sign-in by an OpenID provider: away to it, and back with a code. */
export const oidcRoutes: readonly Route[] = [
  { ...page, path: "/web/oidc/:provider", summary: "Leads to an OpenID provider to sign in.", handle: away },
  {
    ...page,
    path: "/web/oidc/:provider/callback",
    summary: "Takes an OpenID provider's answer.",
    handle: back,
  },
];

interface Travelling extends BegunSignIn {
  readonly provider: number;
  readonly next: string;
  /** Session that is to be confirmed; empty: a new one is opened. */
  readonly confirms: string;
}

async function away(request: RouteRequest): Promise<Reply> {
  const provider = await providerHere(request);
  const confirms = request.url.searchParams.has("confirm") ? request.sessionKey : "";
  try {
    const client = await clientOf(request, provider);
    const { random, clock } = request.reading();
    const { address, begun } = await beginSignIn(client, {
      redirectUri: redirectUri(request),
      random: () => Buffer.from(random.bytes(32)).toString("base64url"),
      again: confirms !== "",
    });
    const next = localPath(request.url.searchParams.get("next"), home);
    const value = { ...begun, provider: provider.id, next, confirms };
    const given = { purpose: "oidc", nowMs: clock.now(), lifeSeconds: waitSeconds, random };
    const cookie = hostCookie(cookieNames.elsewhere, sealToken(keyOf(request), value, given), waitSeconds);
    return { status: 303, headers: { location: address, "set-cookie": [cookie] } };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    request.log("warn", "an OpenID provider could not be asked", { provider: provider.id, error });
    return redirectReply("/web/login?problem=away");
  }
}

/** Every answer that does not fit, and every person who is not let in, ends in the same way; the log tells which. */
async function back(request: RouteRequest): Promise<Reply> {
  const forget = [hostCookie(cookieNames.elsewhere, "", 0)];
  try {
    const travelling = await travellingOf(request);
    const provider = await providerHere(request);
    if (provider.id !== travelling.provider) throw refused("another provider answered");
    const client = await clientOf(request, provider);
    const again = travelling.confirms !== "";
    const answer = new URL(redirectUri(request) + request.url.search);
    const person = await personOfAnswer(client, provider, { answer, begun: travelling, again });
    const found = await request.tenant.data.writing(publicActor, (env) =>
      externalUser(env, provider, person),
    );
    const reply = again
      ? await confirmed(request, travelling, found)
      : await signedIn(request, { travelling, provider, found });
    return withCookies(reply, forget);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    const { message, details, cause } = error;
    request.log("info", "an OpenID sign-in was refused", { reason: message, details, cause });
    return redirectReply(notLetIn, forget);
  }
}

async function signedIn(
  request: RouteRequest,
  given: { readonly travelling: Travelling; readonly provider: Provider; readonly found: ExternalUser },
): Promise<Reply> {
  const { found, travelling, provider } = given;
  const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
  const method = `oidc:${provider.id}`;
  if (found.kind === "refused") {
    const { userId, reason } = found;
    await request.tenant.data.writing(publicActor, (env) =>
      recordSignIn(env, { outcome: "refused", userId, method, from, detail: reason }),
    );
    throw refused(reason);
  }
  const first = { userId: found.userId, credentialVersion: found.credentialVersion, method };
  const { next } = travelling;
  const outcome = await request.tenant.identity.proceed(first, {
    ...from,
    replaces: request.sessionKey,
    next,
  });
  if (outcome.kind === "refused") throw refused("changed meanwhile");
  return outcome.kind === "factor"
    ? redirectReply("/web/login/factor", outcome.cookies)
    : redirectReply(next, outcome.session.cookies);
}

/** The person who is signed in did it again at their provider, a moment ago. */
async function confirmed(
  request: RouteRequest,
  { next, confirms }: Travelling,
  found: ExternalUser,
): Promise<Reply> {
  const session = confirmedSession(request);
  const same = found.kind === "user" && found.userId === session.userId && session.sessionKey === confirms;
  if (!same) throw refused("somebody else signed in");
  return redirectReply(next, await request.tenant.identity.confirmed(session, "oidc"));
}

/** What this browser began, once: an answer that comes again finds nothing. */
async function travellingOf(request: RouteRequest): Promise<Travelling> {
  const cookie = readCookies(request.headers["cookie"]).get(cookieNames.elsewhere);
  const { clock } = request.reading();
  const token = openToken(keyOf(request), cookie, { purpose: "oidc", nowMs: clock.now() });
  if (token === undefined) throw refused("this browser began no sign-in");
  const travelling = token as unknown as Travelling;
  if (!(await useOnce(request.tenant.data, `oidc state ${travelling.state}`, waitSeconds)))
    throw refused("this sign-in was answered before");
  return travelling;
}

/** @throws ExpectedError `not_found`: no OpenID provider in use, or a copy, which nothing leaves. */
async function providerHere(request: RouteRequest): Promise<Provider> {
  const { tenant, params } = request;
  const env = tenant.data.reading(publicActor);
  const provider = egressAllowed(tenant) ? await providerOf(env, Number(params["provider"])) : undefined;
  if (provider?.kind === "oidc" && provider.active) return provider;
  throw new ExpectedError("not_found", "There is no such sign-in.");
}

function clientOf({ tenant, reading }: RouteRequest, provider: Provider) {
  const secret = secretOf(tenant.key("factors.v1"), provider);
  return oidcClient(tenant.id, reachedFrom(tenant, provider), { secret, nowMs: reading().clock.now() });
}

/** One address for each provider: an answer meant for one is not taken for another's. */
function redirectUri({ tenant, params }: RouteRequest): string {
  return `${tenant.baseUrl}/web/oidc/${Number(params["provider"])}/callback`;
}

function keyOf({ tenant }: RouteRequest): Uint8Array {
  return tenant.key("factors.v1");
}

function withCookies(reply: Reply, cookies: readonly string[]): Reply {
  const own = [reply.headers?.["set-cookie"] ?? []].flat();
  return { ...reply, headers: { ...reply.headers, "set-cookie": [...own, ...cookies] } };
}

function refused(reason: string): ExpectedError {
  return new ExpectedError("unauthenticated", reason);
}
