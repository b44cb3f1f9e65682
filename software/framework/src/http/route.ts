import type { Readable } from "node:stream";
import type { Log } from "@holdfast/kernel/log";
import type { Actor } from "../access/actor.ts";
import type { Identity } from "../identity/identity.ts";
import type { OpenedLink } from "../identity/links.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Html } from "./html.ts";

/** Who may call a route at all; what they may see is then decided by the data layer. */
export type RouteAudience = "anyone" | "user" | "link";

/**
 * One row of the route table: all that guards a route is data, checked by a test.
 * `csrf`: `none` only for GET/HEAD and for routes that take no cookie; `token` for forms;
 * `origin` for JSON (same-origin Origin or Sec-Fetch-Site, exact content type). Source: claim OWASP-3.
 */
export interface Route {
  /** `OPTIONS` tells what an address can do, to protocols that ask for that: it changes nothing and sees no cookie. */
  readonly method: "GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS";
  /** Exact segments; `:name` takes one segment: `/my/quotation/:id`; a last `*name` takes all that follow. */
  readonly path: string;
  readonly who: RouteAudience;
  /** With `who: "link"`: what the `:token` segment must have been signed for. The actor is then its `link.<purpose>`. */
  readonly linkPurpose?: string;
  readonly csrf: "none" | "token" | "origin";
  /**
   * A mail program posts here by itself, with no form and no cookie: the link alone is the proof. For routes of
   * links only, and only for what its recipient may always say: "no more mails". Source: RFC 8058.
   */
  readonly oneClick?: true;
  /**
   * An API key that reaches less far than its user opens this route too: all that it does passes the rights.
   * Without this such a key is refused, whatever the route would do.
   */
  readonly scopedKeys?: true;
  /**
   * Clients without a browser read here as well, and show their session as they do where they change something: as a
   * bare cookie, which counts only in a request that no browser made. For a `GET` beside routes of `csrf: "origin"`.
   */
  readonly programs?: true;
  readonly body: "none" | "form" | "json" | "xml" | "stream";
  /**
   * The person must have given their password or a second factor in the last ten minutes, else a browser is led to
   * `/web/confirm` and back, and JSON is answered 403 `confirmation_needed`; see identity/recent-confirmation.ts.
   */
  readonly recent?: true;
  /**
   * The handler may start while the check of the session is still under way, for the caller as last seen; what it
   * reads and changes waits for the check, and it runs again when anything about the caller has changed; see
   * overlap.ts. For handlers that do nothing but by `tenant.data`.
   */
  readonly overlapped?: true;
  /** Largest request body accepted, in bytes. */
  readonly bodyLimitBytes: number;
  /** One sentence for the generated route list. */
  readonly summary: string;
  handle(request: RouteRequest): Promise<Reply>;
  /**
   * How a door words what was refused before its handler began (a key that is not valid, a body that is none), so that
   * its callers know one shape of refusals. It is logged already. Absent: as every other page.
   */
  refused?(error: unknown, reference: string): Reply;
}

/** The tenant that the host name named; unknown hosts never get here. */
export interface Tenant {
  readonly id: string;
  /** The customer's public name (`acme`); also the `db` of the remote API. */
  readonly name: string;
  readonly data: DataSource;
  /** Who is who in this database: sign-in, sessions, keys. */
  readonly identity: Identity;
  /** Derives a key of this tenant for one purpose ("links", "csrf", "files"). 32 bytes. */
  key(purpose: string): Uint8Array;
  /** Every key that may have sealed a stored file, the current one first; `afresh` asks whoever holds them once more. */
  fileKeys?(afresh: boolean): Promise<readonly Uint8Array[]>;
  /** Where its encrypted file objects live. */
  readonly filesDir: string;
  /** A copy: nothing leaves it; pages say so. */
  readonly neutralized: boolean;
  /** Its administrator may name sign-in providers in private networks; see `ServerHooks`. */
  readonly privateNetworks?: boolean;
  /** `https://acme.localhost:8443`, for links in mails. */
  readonly baseUrl: string;
  /** Says that a job was asked for, so that it runs at once; absent: at the next round (jobs/job-queue.ts). */
  jobWaits?(): void;
}

export interface RouteRequest {
  readonly tenant: Tenant;
  /** Who asks: public when no valid session. */
  readonly actor: Actor;
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed form fields (last wins), for `body: "form"`. */
  readonly form: Readonly<Record<string, string>>;
  /** Parsed body, for `body: "json"`; text for `xml`. */
  readonly json: unknown;
  readonly text: string;
  /** The raw body, for `body: "stream"`; cut at the limit. */
  readonly stream: Readable;
  /** Address of the client: an IP. */
  readonly source: string;
  /** The signed link that opened this route; null on all others. */
  readonly link: OpenedLink | null;
  /** Id of the session, hashed; empty without one. */
  readonly sessionKey: string;
  /** Of an API key: which one. */
  readonly keyId?: number | undefined;
  /** What a script or style element of the page must carry. */
  readonly nonce: string;
  /** Finds the log entries of this request; what a caller is told of a failure that is our own. */
  readonly reference: string;
  /** For failures that the handler turns into an answer itself; whatever it throws is logged already. */
  readonly log: Log;
  /** For the hidden field `csrf_token` of forms. */
  csrfToken(): string;
  reading(): Environment;
  writing<T>(work: (env: Environment) => Promise<T>): Promise<T>;
}

/** What a handler answers. Without a content type: HTML for markup, plain text for text. `set-cookie` takes a list. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Html | string | Uint8Array | Readable;
  /** A stream that stays open without end: it takes no place among the requests that are worked on. */
  readonly longLived?: true;
}
