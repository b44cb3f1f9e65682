import type { Html } from "./html.ts";
import type { Reply } from "./route.ts";

/** A JSON answer. */
export function jsonReply(value: unknown, status = 200): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}

/** A page. */
export function htmlReply(body: Html, status = 200): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

/** To another page of this host, by GET. @param path - as {@link localPath} gives it, or a constant. */
export function redirectReply(path: string, cookies: readonly string[] = []): Reply {
  return {
    status: 303,
    headers: { location: path, ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) },
  };
}

/**
 * @returns the address when it stays on this host, else the fallback: `//evil`, `/\evil`, `https:…`, control
 * characters and whatever a browser would read as another host do not.
 */
export function localPath(address: string | null | undefined, fallback: string): string {
  if (typeof address !== "string" || address.length > 1_000 || !/^\/(?![/\\])[\u0021-\u007e]*$/.test(address))
    return fallback;
  if (address.includes("\\")) return fallback;
  const parsed = URL.parse(address, "https://here.invalid");
  // `/x/..//evil` is a path of ours until its dots are resolved, and then begins with two slashes.
  if (parsed?.origin !== "https://here.invalid" || parsed.pathname.startsWith("//")) return fallback;
  return parsed.pathname + parsed.search + parsed.hash;
}
