import { request } from "node:https";
import type { TestBrowser } from "./browser.ts";

/** An open stream of server-sent events. */
export interface OpenStream {
  readonly status: number;
  /** Resolves with true as soon as it was cut or ended, with false after the limit. */
  ended(limitMilliseconds: number): Promise<boolean>;
  close(): void;
}

/** Opens one with a browser's cookies or with other headers; resolves with its first bytes. */
export function openEventStream(
  { port, caPem }: { readonly port: number; readonly caPem: string },
  browser: TestBrowser | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> {
  const cookie = browser === null ? "" : [...browser.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      servername: "acme.localhost",
      ca: caPem,
      path: "/web/events",
      agent: false,
      checkServerIdentity: () => undefined,
      headers: { host: `acme.localhost:${port}`, accept: "text/event-stream", cookie, ...headers },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const over = new Promise<boolean>((done) => {
        incoming.on("close", () => done(true)).on("error", () => done(true));
      });
      incoming.once("data", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          ended: (limitMilliseconds) =>
            Promise.race([
              over,
              new Promise<boolean>((late) => setTimeout(() => late(false), limitMilliseconds).unref()),
            ]),
          close: () => outgoing.destroy(),
        }),
      );
    });
    outgoing.end();
  });
}
