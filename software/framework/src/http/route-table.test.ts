import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionFailed } from "@holdfast/kernel/assert";
import type { Route } from "./route.ts";
import { routeTable } from "./route-table.ts";

const page: Route = {
  method: "GET",
  path: "/",
  who: "anyone",
  csrf: "none",
  body: "none",
  bodyLimitBytes: 0,
  summary: "A page.",
  handle: async () => ({ status: 200 }),
};
const at = (path: string, change: Partial<Route> = {}): Route => ({ ...page, path, ...change });
const table = routeTable([
  at("/"),
  at("/web"),
  at("/web/login"),
  at("/web/:model/:id"),
  at("/web/*rest"),
  at("/my/:name/edit"),
]);

function found(path: string, method = "GET"): string {
  const match = table.match(method, path);
  if (match === null) return "none";
  return "route" in match ? `${match.route.path} ${JSON.stringify(match.params)}` : `allow ${match.allow}`;
}

test("exact segments go before named ones, named ones before the rest", () => {
  assert.equal(found("/"), "/ {}");
  assert.equal(found("/web"), "/web {}");
  assert.equal(found("/web/login"), "/web/login {}");
  assert.equal(found("/web/a/1"), '/web/:model/:id {"model":"a","id":"1"}');
  assert.equal(found("/web/a/1/b"), '/web/*rest {"rest":"a/1/b"}');
  assert.equal(found("/my/x/edit"), '/my/:name/edit {"name":"x"}');
});

test("a path is matched whole: no prefix, no case folding, no empty name", () => {
  for (const path of ["/web2", "/WEB", "/my/x", "/my/x/edit/y", "/my//edit", "/my", "//web", "", "web"])
    assert.equal(found(path), "none", path);
});

test("a name is decoded once; broken escapes and control characters match nothing", () => {
  assert.equal(found("/my/a%20b/edit"), '/my/:name/edit {"name":"a b"}');
  assert.equal(found("/my/%2561/edit"), '/my/:name/edit {"name":"%61"}');
  assert.equal(found("/my/a%2Fb/edit"), '/my/:name/edit {"name":"a/b"}');
  for (const path of ["/my/%/edit", "/my/%00/edit", "/my/%0a/edit", "/my/%ff/edit"])
    assert.equal(found(path), "none", path);
});

test("names of an object's prototype are only names", () => {
  assert.equal(found("/my/__proto__/edit"), '/my/:name/edit {"name":"__proto__"}');
  assert.equal(found("/constructor"), "none");
});

test("a path too long or too deep matches nothing", () => {
  assert.equal(found(`/web/${"a/".repeat(40)}`), "none");
  assert.equal(found(`/web/${"a".repeat(3_000)}`), "none");
});

test("HEAD is answered like GET, any other method says which there are", () => {
  assert.equal(found("/web", "HEAD"), "/web {}");
  assert.equal(found("/web", "POST"), "allow GET");
  assert.equal(found("/web", "OPTIONS"), "allow GET");
});

test("a table that guards nothing, or twice the same, is refused at start", () => {
  const post = { method: "POST", body: "form", csrf: "token" } as const;
  const overlapped = { method: "POST", body: "json", csrf: "origin", overlapped: true } as const;
  assert.doesNotThrow(() => routeTable([at("/a", { ...overlapped, scopedKeys: true })]));
  const refused: readonly (readonly Route[])[] = [
    [at("/a"), at("/a")],
    [at("/a", { summary: "" })],
    [at("/a", { body: "form" })],
    [at("/a", { method: "OPTIONS", body: "form" })],
    [at("/a", { programs: true })],
    [at("/a", { ...post, who: "user", programs: true })],
    [at("/a", { method: "OPTIONS", csrf: "origin" })],
    [at("/a", { csrf: "token" })],
    [at("/a", { ...post, csrf: "none", who: "user" })],
    [at("/a", { ...post, csrf: "none", who: "user", oneClick: true })],
    [at("/a/:token", { ...post, csrf: "none", who: "link", linkPurpose: "x" })],
    [at("/a/:token", { ...post, who: "link", linkPurpose: "x", oneClick: true })],
    [at("/a", { ...post, csrf: "token", body: "json" })],
    [at("/a", { who: "link" })],
    [at("/a", { who: "link", linkPurpose: "x" })],
    [at("/a/:token", { linkPurpose: "x" })],
    [at("/a", { ...overlapped, scopedKeys: true, who: "user" })],
    [at("/a", overlapped)],
    [at("/a", { ...overlapped, scopedKeys: true, csrf: "token" })],
    [at("/a", { ...overlapped, scopedKeys: true, body: "stream" })],
    [at("/a b")],
    [at("/*rest/b")],
  ];
  for (const routes of refused)
    assert.throws(() => routeTable(routes), AssertionFailed, JSON.stringify(routes));
});
