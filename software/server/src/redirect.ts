import type { IncomingMessage, ServerResponse } from "node:http";

const hostPattern = /^[a-zA-Z0-9.-]{1,253}(?::\d{1,5})?$/;
const pathPattern = /^\/[\u0021-\u007e]*$/;

/**
 * All that plain HTTP gets: the same address with https, for reading; a refusal for anything that carries a body,
 * which may hold a password that has now been sent in clear. Source: claim PWD-3.
 */
export function redirectToHttps(request: IncomingMessage, response: ServerResponse): void {
  const { host = "" } = request.headers;
  const path = request.url ?? "";
  response.setHeader("connection", "close");
  response.setHeader("cache-control", "no-store");
  response.setHeader("content-type", "text/plain; charset=utf-8");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(403).end("Use https: nothing that is sent in clear is accepted.\n");
  } else if (!hostPattern.test(host) || !pathPattern.test(path)) {
    response.writeHead(400).end("Bad request\n");
  } else {
    response.writeHead(308, { location: `https://${host}${path}` }).end("Use https.\n");
  }
}
