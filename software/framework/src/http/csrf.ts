import { createHmac, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Route } from "./route.ts";

/** What a browser says of where a request comes from, and how the request says who asks. */
export interface RequestOrigin {
  readonly contentType: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** Whether a cookie of ours says who asks: only then can another site borrow it. */
  readonly byCookie: boolean;
}

/**
 * The token of forms: an HMAC over what the form is bound to.
 *
 * @param binding - `session:…`, `visitor:…` or `link:…`; never the same text for two browsers.
 */
export function csrfToken(key: Uint8Array, binding: string): string {
  return createHmac("sha256", key).update(`form:${binding}`).digest("base64url");
}

/** @throws ExpectedError `access_denied` when the token is missing or another one's. Source: claim OWASP-3. */
export function checkToken(expected: string, given: string | undefined): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(given ?? "")];
  if (a.byteLength !== b.byteLength || !timingSafeEqual(a, b))
    throw refused("the form's token is missing or stale");
}

/**
 * What holds for every changing request, token or not: a browser that names another site is refused. For
 * `csrf: "origin"` a cookie counts only when the browser says that the request comes from our own page.
 *
 * @param ourOrigin - `https://acme.localhost:8443`.
 * @throws ExpectedError `access_denied`, `unsupported_media`.
 */
export function checkOrigin(route: Route, from: RequestOrigin, ourOrigin: string): void {
  if (route.csrf === "none") return;
  if (from.origin !== undefined && from.origin !== ourOrigin && !withheld(from))
    throw refused("the request comes from another site");
  if (from.fetchSite !== undefined && from.fetchSite !== "same-origin" && !typedByPerson(route, from))
    throw refused("the request comes from another site");
  if (route.csrf !== "origin") return;
  if (route.body === "json") checkJson(from.contentType);
  const says = from.origin !== undefined || from.fetchSite !== undefined;
  if (from.byCookie && !says) throw refused("a cookie counts only together with the header Origin");
}

/** @throws ExpectedError `unsupported_media` unless the body is declared as JSON, which no plain form can send. */
export function checkJson(contentType: string | undefined): void {
  if (!/^application\/json(?:;\s*charset=utf-8)?$/i.test(contentType ?? ""))
    throw new ExpectedError("unsupported_media", "this address takes JSON only", {
      hint: "send the header Content-Type: application/json",
    });
}

/**
 * Our pages send no referrer, and of such a page browsers send `Origin: null` with a form. The other header
 * still tells: from a frame without an origin of its own it says `cross-site`.
 */
function withheld(from: RequestOrigin): boolean {
  return from.origin === "null" && from.fetchSite === "same-origin";
}

/** A form sent again from the address bar or history names no site; its token still has to be right. */
function typedByPerson(route: Route, from: RequestOrigin): boolean {
  return route.csrf === "token" && from.fetchSite === "none";
}

function refused(reason: string): ExpectedError {
  return new ExpectedError("access_denied", `This request was refused: ${reason}.`, {
    hint: "Reload the page and try again.",
  });
}
