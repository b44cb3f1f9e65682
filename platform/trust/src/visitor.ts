import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request } from "node:https";
import { ExpectedError } from "@holdfast/kernel/errors";

/** Longest answer that a probe reads, in bytes, and longest wait for one. */
const maxBodyBytes = 4 * 1024 * 1024;
const waitMilliseconds = 20_000;

export interface Visit {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Visited {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A stranger with a browser's manners: no redirects followed, no cookies kept, the local authority trusted. */
export type Visitor = (url: string, visit?: Visit) => Promise<Visited>;

/**
 * A visitor that reaches `*.localhost` on this machine, whatever the system's resolver says of it.
 *
 * @param ca - PEM of the authority that signed the installation's certificates.
 */
export function visitorOf(ca: string): Visitor {
  return (url, visit = {}) =>
    new Promise((resolve, reject) => {
      const target = new URL(url);
      const options = {
        host: "127.0.0.1",
        port: target.port,
        path: target.pathname + target.search,
        method: visit.method ?? "GET",
        headers: { host: target.host, ...visit.headers },
        timeout: waitMilliseconds,
        agent: false as const,
      };
      const outgoing =
        target.protocol === "https:"
          ? request({ ...options, ca, servername: target.hostname })
          : plainRequest(options);
      outgoing.on("timeout", () =>
        outgoing.destroy(new ExpectedError("unavailable", `no answer from ${target.origin}`)),
      );
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on("data", (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > maxBodyBytes)
            outgoing.destroy(new ExpectedError("too_large", `${url} answers with more than a probe reads`));
          else pieces.push(piece);
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces).toString("utf8"),
          }),
        );
        response.on("error", reject);
      });
      outgoing.end(visit.body);
    });
}
