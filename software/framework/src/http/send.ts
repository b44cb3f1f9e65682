import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isHtml } from "./html-tag.ts";
import type { Reply } from "./route.ts";

/** Writes an answer; headers of the reply go over the common ones, `set-cookie` adds up. */
export async function send(
  response: ServerResponse,
  reply: Reply,
  common: { readonly headers: Readonly<Record<string, string>>; readonly cookies: readonly string[] },
): Promise<void> {
  const headers: OutgoingHttpHeaders = { ...common.headers };
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    headers[name] = typeof value === "string" ? value : [...value];
  if (common.cookies.length > 0)
    headers["set-cookie"] = [...[headers["set-cookie"] ?? []].flat().map(String), ...common.cookies];
  const body = reply.body;
  if (body instanceof Readable) {
    response.writeHead(reply.status, headers);
    return stream(response, body);
  }
  // A text goes out in one piece with the headers.
  const bytes = isHtml(body) ? String(body) : (body as string | Uint8Array | undefined);
  if (bytes !== undefined) {
    headers["content-length"] = Buffer.byteLength(bytes);
    headers["content-type"] ??= isHtml(body) ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
  } else if (![204, 304].includes(reply.status)) headers["content-length"] = 0;
  response.writeHead(reply.status, headers);
  response.end(bytes);
}

/** A body that fails half-way cuts the connection, so that no client takes a part for the whole. */
async function stream(response: ServerResponse, body: Readable): Promise<void> {
  if (response.req.method === "HEAD") {
    body.destroy();
    response.end();
    return;
  }
  await pipeline(body, response);
}
