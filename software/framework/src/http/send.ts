import type { ServerResponse } from "node:http";
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
  for (const [name, value] of Object.entries({ ...common.headers, ...reply.headers }))
    response.setHeader(name, typeof value === "string" ? value : [...value]);
  addCookies(response, common.cookies);
  response.statusCode = reply.status;
  const body = reply.body;
  if (body instanceof Readable) return stream(response, body);
  const bytes =
    typeof body === "string" || isHtml(body) ? Buffer.from(String(body)) : (body as Uint8Array | undefined);
  if (bytes !== undefined) {
    response.setHeader("content-length", bytes.byteLength);
    if (!response.hasHeader("content-type"))
      response.setHeader(
        "content-type",
        isHtml(body) ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
      );
  } else if (reply.status !== 304) response.setHeader("content-length", 0);
  response.end(bytes);
}

function addCookies(response: ServerResponse, cookies: readonly string[]): void {
  if (cookies.length === 0) return;
  const own = response.getHeader("set-cookie");
  response.setHeader("set-cookie", [...(own === undefined ? [] : [own].flat().map(String)), ...cookies]);
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
