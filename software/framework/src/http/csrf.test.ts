import assert from "node:assert/strict";
import { test } from "node:test";
import { checkOrigin, checkToken, csrfToken, type RequestOrigin } from "./csrf.ts";
import type { Route } from "./route.ts";

const form: Route = {
  method: "POST",
  path: "/x",
  who: "user",
  csrf: "token",
  body: "form",
  bodyLimitBytes: 1,
  summary: "A form",
  handle: async () => ({ status: 200 }),
};
const json: Route = { ...form, csrf: "origin", body: "json" };
const ours = "https://acme.localhost:8443";
const from = (given: Partial<RequestOrigin>): RequestOrigin => ({
  contentType: "application/json",
  origin: undefined,
  fetchSite: undefined,
  byCookie: true,
  ...given,
});

test("a form of another site is refused, whatever its token", () => {
  for (const origin of ["https://evil.example", "https://beta.localhost:8443", "http://acme.localhost:8443"])
    assert.throws(() => checkOrigin(form, from({ origin }), ours), { code: "access_denied" });
  assert.throws(() => checkOrigin(form, from({ fetchSite: "same-site" }), ours), { code: "access_denied" });
});

test("an origin that is withheld counts only when the browser says that the request is our own page's", () => {
  checkOrigin(form, from({ origin: "null", fetchSite: "same-origin" }), ours);
  for (const fetchSite of [undefined, "none", "cross-site", "same-site"])
    assert.throws(() => checkOrigin(form, from({ origin: "null", fetchSite }), ours), {
      code: "access_denied",
    });
});

test("a cookie without any word of where the request comes from does not count for JSON", () => {
  assert.throws(() => checkOrigin(json, from({}), ours), { code: "access_denied" });
  checkOrigin(json, from({ origin: ours }), ours);
  checkOrigin(json, from({ fetchSite: "same-origin" }), ours);
});

test("a body that a plain form could send is no JSON", () => {
  for (const contentType of [undefined, "text/plain", "application/x-www-form-urlencoded"])
    assert.throws(() => checkOrigin(json, from({ origin: ours, contentType }), ours), {
      code: "unsupported_media",
    });
});

test("a token of another browser, a cut one and none are refused", () => {
  const key = new Uint8Array(32).fill(7);
  const token = csrfToken(key, "session:a");
  checkToken(token, token);
  for (const given of [csrfToken(key, "session:b"), token.slice(1), "", undefined])
    assert.throws(() => checkToken(token, given), { code: "access_denied" });
});
