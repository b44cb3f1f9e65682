import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { requireRecentConfirmation } from "../identity/recent-confirmation.ts";
import { sessionKeyOf } from "../identity/sessions.ts";
import { type AdmissionLimits, Places } from "./admission.ts";
import { type Asset, assetReply } from "./assets.ts";
import { type ParsedBody, readBody } from "./body.ts";
import { type Caller, type Credential, callerOf, credentialOf } from "./caller.ts";
import { cookieNames, readCookies } from "./cookies.ts";
import { checkToken } from "./csrf.ts";
import { errorReply, publicError, takesPages } from "./error-reply.ts";
import { LastSeen, overlapped } from "./overlap.ts";
import { redirectReply } from "./reply.ts";
import { type RequestParts, routeRequest, Visitor } from "./request.ts";
import type { Reply, Route, Tenant } from "./route.ts";
import type { RouteMatch, RouteTable } from "./route-table.ts";
import { copyHeaders, newNonce, secretAddressHeaders, securityHeaders } from "./security-headers.ts";
import { send } from "./send.ts";
import { countedSource, plainAddress } from "./source-address.ts";
import { clientAddress, noProxies, type TrustedProxies } from "./trusted-proxies.ts";
import { unknownHost } from "./unknown-host.ts";
import { whileStanding } from "./while-standing.ts";

/** A tenant with the routes of its apps. */
export interface Host {
  readonly tenant: Tenant;
  readonly routes: RouteTable;
}

export interface ListenerOptions {
  /** @param name - the host name asked for: lower case, without port. Null: the fixed 404. */
  findHost(name: string): Promise<Host | null>;
  /** By exact path; the same on every host that exists. */
  readonly assets: ReadonlyMap<string, Asset>;
  readonly admission: AdmissionLimits;
  /** Proxies whose `X-Forwarded-For` is believed; none when absent. */
  readonly proxies?: TrustedProxies;
  /** Gets the bodies that stay open without end, so that whoever stops the server can end them. */
  readonly streams?: Set<Readable>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One request as it came in, before anything is known of it. */
interface Incoming {
  readonly request: IncomingMessage;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly path: string;
  readonly url: URL;
  readonly source: string;
  readonly nonce: string;
  readonly reference: string;
}

interface Answer {
  readonly reply: Reply;
  readonly cookies: readonly string[];
  /** For the log: the route's pattern, never the address, which may hold a token. */
  readonly route: string;
  readonly tenant: string;
  /** The address held a signed link. */
  readonly secretAddress?: boolean;
  /** A copy: no search engine is to remember it. */
  readonly isCopy?: boolean;
}

/** Answers every request of one process: limits, host, route, caller, body, handler; failures become answers. */
export function requestListener(options: ListenerOptions): RequestListener {
  const { admission } = options;
  const places = new Places(admission.requests, admission.requestsPerSource);
  const files = new Places(admission.files, admission.filesPerSource);
  return (request, response) => {
    const startMs = options.clock.now();
    const reference = Buffer.from(options.random.bytes(8)).toString("hex");
    const nonce = newNonce(options.random);
    const source = clientAddress(options.proxies ?? noProxies, {
      peer: plainAddress(request.socket.remoteAddress),
      forwarded: request.headers["x-forwarded-for"],
    });
    const leave = places.take(countedSource(source));
    let leaveFiles: (() => void) | undefined;
    const takesFile = (): boolean => (leaveFiles = files.take(countedSource(source))) !== undefined;
    const answered =
      leave === undefined
        ? busy(request, reference)
        : answer(options, request, { source, nonce, reference, takesFile });
    answered
      .then(async (found) => {
        logAnswer(options, request, found, { reference, source, startMs });
        if (found.reply.longLived) {
          leave?.();
          keep(options.streams, found.reply.body);
        }
        const headers = {
          ...securityHeaders(nonce),
          ...(!request.complete && { connection: "close" }),
          ...(found.secretAddress && secretAddressHeaders),
          ...(found.isCopy && copyHeaders),
        };
        await send(response, found.reply, { headers, cookies: found.cookies });
      })
      .catch((error: unknown) => cutOff(options, response, error, reference))
      .finally(() => {
        leave?.();
        leaveFiles?.();
      });
  };
}

function keep(streams: Set<Readable> | undefined, body: Reply["body"]): void {
  if (streams === undefined || !(body instanceof Readable)) return;
  streams.add(body);
  body.once("close", () => streams.delete(body));
}

async function answer(
  options: ListenerOptions,
  request: IncomingMessage,
  given: Pick<Incoming, "source" | "nonce" | "reference"> & {
    /** Takes a place for a body that may take long. */
    readonly takesFile: () => boolean;
  },
): Promise<Answer> {
  let route = "";
  let tenant = "";
  let secretAddress = false;
  let isCopy = false;
  let worded: Route["refused"];
  try {
    const incoming = read(request, given);
    const host = await options.findHost(incoming.url.hostname);
    if (host === null) return { reply: unknownHost, cookies: [], route: "unknown host", tenant };
    tenant = host.tenant.name;
    isCopy = host.tenant.neutralized;
    const found = options.assets.get(incoming.path);
    if (found !== undefined && isRead(request))
      return { reply: await assetReply(found, incoming.headers), cookies: [], route: "asset", tenant };
    const match = host.routes.match(request.method ?? "", incoming.path);
    if (match === null) throw new ExpectedError("not_found", "There is no such page.");
    if (!("route" in match)) return { ...notAllowed(match.allow), tenant, isCopy };
    route = `${match.route.method} ${match.route.path}`;
    secretAddress = match.route.who === "link";
    worded = match.route.refused;
    if (match.route.body === "stream" && !given.takesFile()) throw tooBusy();
    return { ...(await routed(options, incoming, host.tenant, match)), route, tenant, secretAddress, isCopy };
  } catch (error) {
    logFailure(options.log, error, { reference: given.reference, route, tenant });
    return {
      reply: worded?.(error, given.reference) ?? failed(error, request, given.reference),
      cookies: [],
      route,
      tenant,
      secretAddress,
      isCopy,
    };
  }
}

async function routed(
  options: ListenerOptions,
  incoming: Incoming,
  tenant: Tenant,
  match: RouteMatch,
): Promise<Pick<Answer, "reply" | "cookies">> {
  const { headers, request } = incoming;
  const cookies = readCookies(headers["cookie"]);
  const credential = credentialOf(tenant, match, { headers, cookies });
  const { route, params } = match;
  const check = (at: Tenant) => callerOf(at, route, credential);
  let read: Promise<ParsedBody> | undefined;
  const bodyOf = () =>
    (read ??= readBody(route, {
      stream: request,
      contentType: headers["content-type"],
      contentLength: headers["content-length"],
    }));
  const handled = async (at: Tenant, asked: Caller) => {
    const watched = tenant.identity.watch({ ...asked, linkId: asked.link?.id });
    const caller = { ...asked, actor: { ...asked.actor, standing: watched.signal } };
    const { random, log } = options;
    const method = request.method ?? "";
    const parts: RequestParts = { ...incoming, tenant: at, caller, cookies, method, params, random, log };
    const visitor = new Visitor(parts);
    const reply = await whileStanding(watched, async () => {
      const body = await bodyOf();
      if (route.csrf === "token") checkToken(visitor.token(), body.form["csrf_token"]);
      if (route.recent === true) requireRecentConfirmation(caller.actor, options.clock.now());
      return route.handle(routeRequest(parts, body, visitor));
    });
    return { reply, drawn: visitor.cookies };
  };
  const shown = route.overlapped === true ? shownBy(credential) : undefined;
  const guess = shown === undefined ? undefined : lastSeen.of(tenant, shown);
  if (guess === undefined) {
    const caller = await check(tenant);
    if (shown !== undefined) lastSeen.keep(tenant, shown, caller);
    const { reply, drawn } = await handled(tenant, caller);
    return { reply, cookies: [...drawn, ...renewed(caller, reply)] };
  }
  await bodyOf();
  const { result, caller } = await overlapped(tenant, { guess, check }, handled);
  lastSeen.keep(tenant, shown as string, caller);
  return { reply: result.reply, cookies: [...result.drawn, ...renewed(caller, result.reply)] };
}

/** By what a caller is remembered: never the secret itself. */
function shownBy(credential: Credential): string | undefined {
  if (credential.kind === "session") return sessionKeyOf(credential.id);
  return credential.kind === "key" ? `key ${sessionKeyOf(credential.key)}` : undefined;
}

/** Of all tenants of this process; what it says is always asked again. */
const lastSeen = new LastSeen();

/** A new id of the session, unless the answer itself says what becomes of the session. */
function renewed({ cookies }: Caller, { headers }: Reply): readonly string[] {
  const own = [headers?.["set-cookie"] ?? []].flat();
  return own.some((cookie) => cookie.startsWith(`${cookieNames.session}=`)) ? [] : cookies;
}

/** @throws ExpectedError `bad_request` for a host or address that no browser of ours sends. */
function read(
  request: IncomingMessage,
  given: { readonly source: string; readonly nonce: string; readonly reference: string },
): Incoming {
  const host = (request.headers.host ?? "").toLowerCase();
  const address = request.url ?? "";
  // RFC 9112, 3.2: with two hosts, a proxy before us and we might each take another one.
  const hosts = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts !== 1 || !/^[a-z0-9.-]{1,253}(?::\d{1,5})?$/.test(host) || !address.startsWith("/"))
    throw new ExpectedError("bad_request", "The request names no host or no path.");
  const url = URL.parse(`https://${host}${address}`);
  if (url === null) throw new ExpectedError("bad_request", "The address is not valid.");
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  const path = address.split(/[?#]/, 1)[0] ?? "/";
  return { request, headers, path, url, ...given };
}

function isRead(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

/** A browser that is not signed in is led to the sign-in page and back; all others get the error. */
function failed(error: unknown, request: IncomingMessage, reference: string): Reply {
  const accept = request.headers.accept;
  const code = error instanceof ExpectedError ? error.code : undefined;
  if (code === "unauthenticated" && isRead(request) && takesPages(accept))
    return redirectReply(`/web/login?next=${encodeURIComponent(request.url ?? "/")}`);
  if (code === "confirmation_needed" && takesPages(accept))
    return redirectReply(`/web/confirm?next=${encodeURIComponent(pageOf(request))}`);
  return errorReply(publicError(error, reference), accept);
}

/** The page to come back to: itself, or the one whose form was sent. What was filled in there is lost. */
function pageOf(request: IncomingMessage): string {
  if (isRead(request)) return request.url ?? "/";
  const from = URL.parse(request.headers.referer ?? "");
  return from?.host === request.headers.host ? `${from?.pathname}${from?.search}` : "/web";
}

function notAllowed(allow: readonly string[]): Omit<Answer, "tenant"> {
  return {
    reply: { status: 405, headers: { allow: allow.join(", ") }, body: "Method not allowed\n" },
    cookies: [],
    route: "",
  };
}

function tooBusy(): ExpectedError {
  return new ExpectedError("unavailable", "There is too much to do at the moment.", {
    hint: "Try again in a few seconds.",
  });
}

async function busy(request: IncomingMessage, reference: string): Promise<Answer> {
  return { reply: failed(tooBusy(), request, reference), cookies: [], route: "busy", tenant: "" };
}

function logAnswer(
  { log, clock }: ListenerOptions,
  request: IncomingMessage,
  { reply, route, tenant }: Answer,
  given: { readonly reference: string; readonly source: string; readonly startMs: number },
): void {
  const milliseconds = clock.now() - given.startMs;
  log("debug", "answered", {
    method: request.method,
    route,
    tenant,
    status: reply.status,
    milliseconds,
    reference: given.reference,
    source: given.source,
  });
}

function logFailure(log: Log, error: unknown, where: Readonly<Record<string, string>>): void {
  if (!(error instanceof ExpectedError)) log("error", "a request failed", { ...where, error });
  else
    log("info", "refused", {
      ...where,
      code: error.code,
      reason: error.message,
      details: error.details,
      cause: error.cause,
    });
}

/** The answer could not be written whole: the client must not take it for one. */
function cutOff(options: ListenerOptions, response: ServerResponse, error: unknown, reference: string): void {
  options.log("warn", "an answer was cut off", { reference, error });
  response.destroy();
}
