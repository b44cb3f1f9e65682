import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { type AdmissionLimits, Places } from "./admission.ts";
import { type Asset, assetReply } from "./assets.ts";
import { failedReply, isRead } from "./failed-reply.ts";
import { type Incoming, readIncoming } from "./incoming.ts";
import type { Reply, Route, Tenant } from "./route.ts";
import type { RouteTable } from "./route-table.ts";
import { routed } from "./routed.ts";
import { copyHeaders, newNonce, secretAddressHeaders, securityHeaders } from "./security-headers.ts";
import { send } from "./send.ts";
import { countedSource, plainAddress } from "./source-address.ts";
import { clientAddress, noProxies, type TrustedProxies } from "./trusted-proxies.ts";
import { unknownHost } from "./unknown-host.ts";

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
  // Filled in as far as the request came: a failure is logged, and its reply marked, by what was known then.
  const about = { route: "", tenant: "", secretAddress: false, isCopy: false };
  let worded: Route["refused"];
  try {
    const incoming = readIncoming(request, given);
    const host = await options.findHost(incoming.url.hostname);
    if (host === null) return { ...about, reply: unknownHost, cookies: [], route: "unknown host" };
    about.tenant = host.tenant.name;
    about.isCopy = host.tenant.neutralized;
    const found = options.assets.get(incoming.path);
    if (found !== undefined && isRead(request))
      return { ...about, reply: await assetReply(found, incoming.headers), cookies: [], route: "asset" };
    const match = host.routes.match(request.method ?? "", incoming.path);
    if (match === null) throw new ExpectedError("not_found", "There is no such page.");
    if (!("route" in match)) return { ...about, ...notAllowed(match.allow) };
    about.route = `${match.route.method} ${match.route.path}`;
    about.secretAddress = match.route.who === "link";
    worded = match.route.refused;
    if (match.route.body === "stream" && !given.takesFile()) throw tooBusy();
    return { ...about, ...(await routed(options, incoming, host.tenant, match)) };
  } catch (error) {
    const { reference } = given;
    logFailure(options.log, error, { reference, route: about.route, tenant: about.tenant });
    return {
      ...about,
      reply: worded?.(error, reference) ?? failedReply(error, request, reference),
      cookies: [],
    };
  }
}

function notAllowed(allow: readonly string[]): Pick<Answer, "reply" | "cookies"> {
  const headers = { allow: allow.join(", ") };
  return { reply: { status: 405, headers, body: "Method not allowed\n" }, cookies: [] };
}

function tooBusy(): ExpectedError {
  return new ExpectedError("unavailable", "There is too much to do at the moment.", {
    hint: "Try again in a few seconds.",
  });
}

async function busy(request: IncomingMessage, reference: string): Promise<Answer> {
  return { reply: failedReply(tooBusy(), request, reference), cookies: [], route: "busy", tenant: "" };
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
