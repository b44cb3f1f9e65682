import type { IncomingMessage } from "node:http";
import { ExpectedError } from "@holdfast/kernel/errors";

/** One request as it came in, before anything is known of it. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly path: string;
  readonly url: URL;
  readonly source: string;
  readonly nonce: string;
  readonly reference: string;
}

/** @throws ExpectedError `bad_request` for a host or address that no browser of ours sends. */
export function readIncoming(
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
