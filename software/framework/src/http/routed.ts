import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { requireRecentConfirmation } from "../identity/recent-confirmation.ts";
import { sessionKeyOf } from "../identity/sessions.ts";
import { type ParsedBody, readBody } from "./body.ts";
import { type Caller, type Credential, callerOf, credentialOf } from "./caller.ts";
import { cookieNames, readCookies } from "./cookies.ts";
import { checkToken } from "./csrf.ts";
import type { Incoming } from "./incoming.ts";
import { LastSeen, overlapped } from "./overlap.ts";
import { type RequestParts, routeRequest, Visitor } from "./request.ts";
import type { Reply, Route, Tenant } from "./route.ts";
import type { RouteMatch } from "./route-table.ts";
import { whileStanding } from "./while-standing.ts";

interface RoutedOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A request for one route: what its handler needs besides who asks. */
interface Asked {
  readonly options: RoutedOptions;
  readonly incoming: Incoming;
  readonly match: RouteMatch;
  readonly cookies: ReadonlyMap<string, string>;
  /** Read once, when it is first wanted. */
  readonly body: () => Promise<ParsedBody>;
}

/** The handler's reply, and the cookies that go with it. */
interface Handled {
  readonly reply: Reply;
  readonly cookies: readonly string[];
}

/**
 * Finds out who asks, then lets the route's handler answer; where the route allows it, both at once (overlap.ts).
 *
 * @throws ExpectedError whatever refuses the caller, the body or the work.
 */
export async function routed(
  options: RoutedOptions,
  incoming: Incoming,
  tenant: Tenant,
  match: RouteMatch,
): Promise<Handled> {
  const { route } = match;
  const cookies = readCookies(incoming.headers["cookie"]);
  const credential = credentialOf(tenant, match, { headers: incoming.headers, cookies });
  const check = (at: Tenant) => callerOf(at, route, credential);
  const asked = { options, incoming, match, cookies, body: bodyOf(route, incoming) };
  const work = (at: Tenant, caller: Caller) => handled(asked, at, caller);
  const shown = route.overlapped === true ? shownBy(credential) : undefined;
  const guess = shown === undefined ? undefined : lastSeen.of(tenant, shown);
  if (shown === undefined || guess === undefined) {
    const caller = await check(tenant);
    if (shown !== undefined) lastSeen.keep(tenant, shown, caller);
    return withNewId(await work(tenant, caller), caller);
  }
  // A body that comes slowly is waited for before anything is asked of the database.
  await asked.body();
  const { result, caller } = await overlapped(tenant, { guess, check }, work);
  lastSeen.keep(tenant, shown, caller);
  return withNewId(result, caller);
}

function bodyOf(route: Route, { request, headers }: Incoming): () => Promise<ParsedBody> {
  let body: Promise<ParsedBody> | undefined;
  return () =>
    (body ??= readBody(route, {
      stream: request,
      contentType: headers["content-type"],
      contentLength: headers["content-length"],
    }));
}

/** For as long as the caller's right stands: what else must be so, then the handler. */
async function handled(asked: Asked, tenant: Tenant, by: Caller): Promise<Handled> {
  const { options, incoming, cookies, body } = asked;
  const { route, params } = asked.match;
  const watched = tenant.identity.watch({ ...by, linkId: by.link?.id });
  const caller = { ...by, actor: { ...by.actor, standing: watched.signal } };
  const { random, log } = options;
  const method = incoming.request.method ?? "";
  const parts: RequestParts = { ...incoming, tenant, caller, cookies, method, params, random, log };
  const visitor = new Visitor(parts);
  const reply = await whileStanding(watched, async () => {
    const given = await body();
    if (route.csrf === "token") checkToken(visitor.token(), given.form["csrf_token"]);
    if (route.recent === true) requireRecentConfirmation(caller.actor, options.clock.now());
    return route.handle(routeRequest(parts, given, visitor));
  });
  return { reply, cookies: visitor.cookies };
}

/** By what a caller is remembered: never the secret itself. */
function shownBy(credential: Credential): string | undefined {
  if (credential.kind === "session") return sessionKeyOf(credential.id);
  return credential.kind === "key" ? `key ${sessionKeyOf(credential.key)}` : undefined;
}

/** Of all tenants of this process; what it says is always asked again. */
const lastSeen = new LastSeen();

/** With a new id of the session, unless the answer itself says what becomes of the session. */
function withNewId({ reply, cookies }: Handled, caller: Caller): Handled {
  const own = [reply.headers?.["set-cookie"] ?? []].flat();
  const said = own.some((cookie) => cookie.startsWith(`${cookieNames.session}=`));
  return { reply, cookies: said ? cookies : [...cookies, ...caller.cookies] };
}
