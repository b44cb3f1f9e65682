import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRichText, type RichNode } from "./rich-nodes.ts";

test("known elements are kept, unknown ones give their words", () => {
  assert.deepEqual(parseRichText("<div><p>Hello <b>you</b> &amp; me</p></div>"), [
    { tag: "p", href: null, children: ["Hello ", { tag: "b", href: null, children: ["you"] }, " & me"] },
  ]);
});

test("links lead to the web or to mail, never to code", () => {
  const hrefOf = (html: string) => (parseRichText(html)[0] as Exclude<RichNode, string>).href;
  assert.equal(hrefOf('<a href="https://example.org/?a=1&amp;b=2">x</a>'), "https://example.org/?a=1&b=2");
  assert.equal(hrefOf("<a href='/my/quotation/1'>x</a>"), "/my/quotation/1");
  for (const href of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java&#115;cript:x",
    "data:text/html,x",
    "//evil.example",
    "&#1;javascript:x",
  ]) {
    assert.equal(hrefOf(`<a href="${href}">x</a>`), null, href);
  }
});

test("scripts and styles say nothing", () => {
  assert.deepEqual(parseRichText("a<script>alert('<b>')</script>b<style>p{}</style>"), ["a", "b"]);
});

test("unclosed, crossed and bare angle brackets do no harm", () => {
  assert.deepEqual(parseRichText("<p>a<b>b</p>c"), [
    { tag: "p", href: null, children: ["a", { tag: "b", href: null, children: ["b"] }] },
    "c",
  ]);
  assert.deepEqual(parseRichText("1 < 2"), ["1 ", "<", " 2"]);
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseRichText(text))));
});
