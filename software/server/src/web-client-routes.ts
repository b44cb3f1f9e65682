import { existsSync, readFileSync } from "node:fs";
import { redirectReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";

const built = new URL("../../web-client/dist/index.html", import.meta.url).pathname;
const shell = existsSync(built) ? readFileSync(built, "utf8") : undefined;
/** Where the build left room for the nonce of each answer. */
const nonceMark = "__CSP_NONCE__";

const read = { method: "GET", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;

/** The browser half: one page for every address under /web that no other route takes. */
export const webClientRoutes: readonly Route[] = [
  {
    ...read,
    path: "/",
    who: "anyone",
    summary: "Leads to the apps",
    handle: async () => redirectReply("/web"),
  },
  { ...read, path: "/web", who: "user", summary: "The apps in the browser", handle: showClient },
  {
    ...read,
    path: "/web/*rest",
    who: "user",
    summary: "The apps in the browser, at one place",
    handle: showClient,
  },
];

async function showClient(request: RouteRequest): Promise<Reply> {
  if (shell === undefined)
    throw new ExpectedError("unavailable", "The browser half of this server is not built.", {
      hint: "npm run build -w @holdfast/web-client",
    });
  const headers = { "content-type": "text/html; charset=utf-8" };
  return { status: 200, headers, body: shell.replaceAll(nonceMark, request.nonce) };
}
