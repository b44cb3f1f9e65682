import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { Environment } from "../model/environment.ts";
import type { ParsedBody } from "./body.ts";
import type { Caller } from "./caller.ts";
import { cookieNames, hostCookie } from "./cookies.ts";
import { csrfToken } from "./csrf.ts";
import type { RouteRequest, Tenant } from "./route.ts";

/** What a request is made of, once it is known who asks and the body is read. */
export interface RequestParts {
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: ReadonlyMap<string, string>;
  readonly source: string;
  readonly nonce: string;
  readonly random: Random;
  readonly reference: string;
  readonly log: Log;
}

/** The binding of a visitor's forms: a random cookie, made when the first form is drawn. */
export class Visitor {
  readonly #parts: RequestParts;
  #made: string | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** The token that a form of this request must carry. */
  token(): string {
    const { caller, cookies, random, tenant } = this.#parts;
    const id = cookies.get(cookieNames.visitor);
    const known = id !== undefined && /^[A-Za-z0-9_-]{22}$/.test(id) ? id : this.#made;
    const binding = caller.binding ?? `visitor:${known ?? (this.#made = newId(random))}`;
    return csrfToken(tenant.key("csrf"), binding);
  }

  /** The cookie to set with the answer, when a form was drawn for a new visitor. */
  get cookies(): readonly string[] {
    return this.#made === undefined ? [] : [hostCookie(cookieNames.visitor, this.#made)];
  }
}

/** What a route's handler gets. */
export function routeRequest(parts: RequestParts, body: ParsedBody, visitor: Visitor): RouteRequest {
  const { tenant, caller } = parts;
  return {
    tenant,
    actor: caller.actor,
    method: parts.method,
    url: parts.url,
    params: parts.params,
    headers: parts.headers,
    ...body,
    source: parts.source,
    link: caller.link,
    sessionKey: caller.sessionKey,
    keyId: caller.keyId,
    nonce: parts.nonce,
    reference: parts.reference,
    log: parts.log,
    csrfToken: () => visitor.token(),
    reading: () => tenant.data.reading(caller.actor),
    writing: <T>(work: (env: Environment) => Promise<T>) => tenant.data.writing(caller.actor, work),
  };
}

function newId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("base64url");
}
