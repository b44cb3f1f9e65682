import {
  type IncomingHttpHeaders,
  Agent as PlainAgent,
  request as plainRequest,
  type RequestOptions,
} from "node:http";
import { Agent, request } from "node:https";
import { ExpectedError } from "@holdfast/kernel/errors";

/** Longest answer that a probe reads, in bytes, and longest wait for one. */
const maxBodyBytes = 4 * 1024 * 1024;
const waitMilliseconds = 20_000;
/** Connections that one probe holds: a visitor is no load test. */
const maxConnections = 6;

/** One request; a GET without anything when nothing is said. */
export interface Visit {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** What came back, whole. */
export interface Visited {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * A stranger with a browser's manners: follows no redirect, keeps no cookie, trusts the installation's authority.
 *
 * @throws ExpectedError `unavailable` when nothing answers: never taken for a refusal. `too_large`.
 */
export type Visitor = (url: string, visit?: Visit) => Promise<Visited>;

export interface OpenVisitor {
  readonly visit: Visitor;
  /** Hangs up. */
  close(): void;
}

/**
 * A visitor that reaches `*.localhost` on this machine, whatever the system's resolver says of it.
 *
 * @param ca - PEM of the authority that signed the installation's certificates.
 */
export function openVisitor(ca: string): OpenVisitor {
  const keep = { keepAlive: true, maxSockets: maxConnections };
  const secure = new Agent({ ...keep, ca });
  const plain = new PlainAgent(keep);
  return {
    visit: (url, visit = {}) => {
      const target = new URL(url);
      const options = optionsOf(target, visit);
      return target.protocol === "https:"
        ? answer({ ...options, agent: secure, servername: target.hostname }, visit)
        : answer({ ...options, agent: plain }, visit);
    },
    close: () => {
      secure.destroy();
      plain.destroy();
    },
  };
}

function optionsOf(target: URL, visit: Visit): RequestOptions {
  return {
    protocol: target.protocol,
    host: "127.0.0.1",
    port: target.port,
    path: target.pathname + target.search,
    method: visit.method ?? "GET",
    headers: { host: target.host, ...visit.headers },
    timeout: waitMilliseconds,
    ...(visit.signal ? { signal: visit.signal } : {}),
  };
}

function answer(options: RequestOptions & { servername?: string }, visit: Visit): Promise<Visited> {
  return new Promise((resolve, reject) => {
    const fail = (code: "unavailable" | "too_large", message: string, cause?: unknown): void =>
      reject(new ExpectedError(code, message, { cause }));
    const outgoing = options.protocol === "https:" ? request(options) : plainRequest(options);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", (error) => fail("unavailable", `port ${options.port} does not answer`, error));
    outgoing.on("response", (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
        pieces.push(piece);
        if (bytes <= maxBodyBytes) return;
        fail("too_large", `${options.path} answers with more than a probe reads`);
        outgoing.destroy();
      });
      response.on("error", (error) =>
        fail("unavailable", `port ${options.port} stopped in its answer`, error),
      );
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString("utf8"),
        }),
      );
    });
    outgoing.end(visit.body);
  });
}
