import { ExpectedError } from "@holdfast/kernel/errors";
import { type Actor, linkActor, publicActor } from "../access/actor.ts";
import type { RestsOn } from "../identity/identity.ts";
import { type OpenedLink, openLink } from "../identity/links.ts";
import { bareSessionCookie, cookieNames } from "./cookies.ts";
import { checkOrigin } from "./csrf.ts";
import type { Tenant } from "./route.ts";
import type { RouteMatch } from "./route-table.ts";

/** Who asks, and what the request's CSRF token has to be bound to. */
export interface Caller {
  readonly actor: Actor;
  readonly sessionKey: string;
  readonly link: OpenedLink | null;
  /** Of an API key: which one. */
  readonly keyId?: number | undefined;
  /** What it rests on that this is who asks; absent: the same credential is checked as if for the first time. */
  readonly rests?: RestsOn | undefined;
  /** Cookies to set with the answer: the session has a new id. */
  readonly cookies: readonly string[];
  /** What forms are bound to; undefined: a visitor, bound by a cookie of their own. */
  readonly binding: string | undefined;
}

/** The headers and cookies that say who asks. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: ReadonlyMap<string, string>;
}

const visitor: Caller = { actor: publicActor, sessionKey: "", link: null, cookies: [], binding: undefined };

/** What a request shows of who asks; not yet looked at. */
export type Credential =
  | { readonly kind: "link"; readonly purpose: string; readonly token: string }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "session"; readonly id: string; readonly fromBrowser: boolean }
  | { readonly kind: "none" };

/**
 * What a request shows of who asks; and refuses requests that another site made.
 *
 * A route that changes something without a CSRF check sees no cookie at all: its callers bring a key. With a
 * Bearer key cookies do not count either, and no other site can add one.
 *
 * @throws ExpectedError `access_denied`, `unsupported_media`. Source: claim OWASP-3.
 */
export function credentialOf(tenant: Tenant, { route, params }: RouteMatch, given: Credentials): Credential {
  const key = bearerKey(given.headers["authorization"]);
  const cookie = key === undefined && takesCookies(route) ? sessionCookie(route, given) : undefined;
  checkOrigin(route, originOf(given, cookie?.fromBrowser ?? false), tenant.baseUrl);
  if (route.who === "link")
    return { kind: "link", purpose: route.linkPurpose ?? "", token: params["token"] ?? "" };
  if (key !== undefined) return { kind: "key", key };
  return cookie === undefined ? { kind: "none" } : { kind: "session", ...cookie };
}

/**
 * Finds out who asks, in the database, now.
 *
 * @throws ExpectedError `unauthenticated`, `access_denied`, `not_found` (dead link). Source: claim OWASP-8.
 */
export async function callerOf(
  tenant: Tenant,
  route: RouteMatch["route"],
  credential: Credential,
): Promise<Caller> {
  const caller = await callerBy(tenant, credential);
  if (credential.kind === "link") return caller;
  if (caller.actor.scope !== undefined && route.scopedKeys !== true)
    throw new ExpectedError("access_denied", "This API key does not reach this far.", {
      hint: "Call the remote API with it.",
    });
  if (route.who === "user" && caller.actor.kind !== "user")
    throw new ExpectedError("unauthenticated", "You are not signed in, or no longer.", {
      hint: "Sign in and try again.",
    });
  return caller;
}

function takesCookies(route: RouteMatch["route"]): boolean {
  return route.method === "GET" || route.csrf !== "none";
}

function bearerKey(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,256})$/i.exec(header ?? "")?.[1];
}

function originOf({ headers }: Credentials, byCookie: boolean) {
  return {
    contentType: headers["content-type"],
    origin: headers["origin"],
    fetchSite: headers["sec-fetch-site"],
    byCookie,
  };
}

/**
 * The session's id. Clients without a browser send it as a bare cookie: taken only when nothing in the request
 * comes from a browser, since a neighbouring host could plant such a cookie there.
 */
function sessionCookie(route: RouteMatch["route"], { headers, cookies }: Credentials) {
  const id = cookies.get(cookieNames.session);
  if (id !== undefined) return { id, fromBrowser: true };
  const browser = ["origin", "sec-fetch-site", "sec-fetch-dest", "sec-fetch-user"].some(
    (name) => headers[name] !== undefined,
  );
  const bare = cookies.get(bareSessionCookie);
  return bare !== undefined && !browser && (route.csrf === "origin" || route.programs === true)
    ? { id: bare, fromBrowser: false }
    : undefined;
}

function callerBy(tenant: Tenant, credential: Credential): Promise<Caller> {
  switch (credential.kind) {
    case "link":
      return holderOf(tenant, credential.purpose, credential.token);
    case "key":
      return byKey(tenant, credential.key);
    case "session":
      return bySession(tenant, credential);
    case "none":
      return Promise.resolve(visitor);
  }
}

async function holderOf(tenant: Tenant, purpose: string, token: string): Promise<Caller> {
  const link = await openLink(tenant, tenant.data.reading(publicActor), purpose, token);
  const actor = linkActor(purpose, link.recordId);
  return { actor, sessionKey: "", link, cookies: [], binding: `link:${link.token}` };
}

async function byKey(tenant: Tenant, key: string): Promise<Caller> {
  const found = await tenant.identity.apiKey(key, { on: tenant.data });
  if (found === null) throw new ExpectedError("unauthenticated", "The API key is not valid, or no longer.");
  return { ...visitor, actor: found.actor, keyId: found.keyId, rests: found.rests };
}

async function bySession(
  tenant: Tenant,
  cookie: { readonly id: string; readonly fromBrowser: boolean },
): Promise<Caller> {
  const found = await tenant.identity.session(cookie.id, { rotate: cookie.fromBrowser, on: tenant.data });
  if (found === null) return visitor;
  return {
    actor: found.actor,
    sessionKey: found.sessionKey,
    link: null,
    cookies: found.cookies,
    rests: found.rests,
    binding: `session:${found.sessionKey}`,
  };
}
