import { type RequestOptions, request } from "node:https";
import type { LookupFunction } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";
import { outgoingAddresses } from "./outgoing-address.ts";

const defaultTimeoutMilliseconds = 10_000;
const maxAnswerBytes = 1_048_576;

export interface OutgoingOptions {
  /** The host may lie in a private network: only on an administrator's word. */
  readonly allowPrivate: boolean;
  /** PEM of an authority that is trusted instead of the public ones. */
  readonly caPem?: string;
  readonly timeoutMilliseconds?: number;
}

/** What is sent. */
export interface OutgoingRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks a server that a customer named: https only, certificate checked, the address pinned and checked, no
 * redirects, at most 1 MiB of answer, 10 seconds.
 *
 * @throws ExpectedError `access_denied`, `unavailable`.
 */
export async function outgoingFetch(
  address: string,
  given: OutgoingRequest,
  options: OutgoingOptions,
): Promise<Response> {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "")
    throw new ExpectedError("access_denied", "Only addresses that begin with https:// are asked.");
  const addresses = await outgoingAddresses(url.hostname, options);
  const pinned = (_host: string, { all }: { all?: boolean }, done: (...given: unknown[]) => void) =>
    all ? done(null, addresses) : done(null, addresses[0].address, addresses[0].family);
  const limit = AbortSignal.timeout(options.timeoutMilliseconds ?? defaultTimeoutMilliseconds);
  return send(url, given, {
    method: given.method ?? "GET",
    headers: { ...given.headers, "accept-encoding": "identity" },
    lookup: pinned as LookupFunction,
    agent: false,
    signal: given.signal === undefined ? limit : AbortSignal.any([limit, given.signal]),
    ...(options.caPem ? { ca: options.caPem } : {}),
  });
}

function send(url: URL, given: OutgoingRequest, options: RequestOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(new ExpectedError("unavailable", `${url.host} did not answer as it should.`, { cause }));
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on("data", (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes > maxAnswerBytes) outgoing.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      incoming.on("error", failed);
      incoming.on("end", () => {
        const status = incoming.statusCode ?? 502;
        const headers = new Headers();
        for (const [name, value] of Object.entries(incoming.headers))
          if (typeof value === "string") headers.set(name, value);
        const empty = status === 204 || status === 304;
        resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers }));
      });
    });
    outgoing.on("error", failed);
    outgoing.end(given.body);
  });
}
