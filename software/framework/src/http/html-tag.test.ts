import assert from "node:assert/strict";
import { test } from "node:test";
import { html, isHtml, raw } from "./html-tag.ts";

const hostile = `"><img src=x onerror=alert(1)>'\`&`;

test("text is escaped where it stands in an element", () => {
  assert.equal(`${html`<p>${hostile}</p>`}`, `<p>"&gt;&lt;img src=x onerror=alert(1)&gt;'\`&amp;</p>`);
});

test("text cannot leave a quoted attribute, of either quotes", () => {
  for (const markup of [html`<p title="${hostile}">`, html`<p title='${hostile}'>`]) {
    const value = `${markup}`.slice(10, -2);
    assert.doesNotMatch(value, /["'<>`]/);
  }
});

test("an address with a dangerous scheme becomes about:invalid, however it is disguised", () => {
  for (const address of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \u0001javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "blob:x",
    "file:///etc/passwd",
  ])
    assert.equal(`${html`<a href="${address}">x</a>`}`, `<a href="about:invalid">x</a>`, address);
});

test("harmless addresses stay", () => {
  for (const address of [
    "/web",
    "https://x.example/a?b=c#d",
    "mailto:a@b.example",
    "?page=2",
    "#top",
    "a/b:c",
  ])
    assert.match(`${html`<a href="${address}">`}`, new RegExp(`href="${address.replace(/[?.]/g, "\\$&")}"`));
});

test("a hole in the path or query of a fixed address is escaped, not judged by scheme", () => {
  assert.equal(`${html`<a href="/r/${"a:b"}?q=${'"x'}">`}`, `<a href="/r/a:b?q=&quot;x">`);
});

test("a template with a hole where nothing can be escaped is refused", () => {
  const x = "x";
  const refused = [
    () => html`<p title=${x}>`,
    () => html`<p ${x}>`,
    () => html`<${x}>`,
    () => html`<p onclick="${x}">`,
    () => html`<p OnClick="${x}">`,
    () => html`<p style="color:${x}">`,
    () => html`<script>${x}</script>`,
    () => html`<style>${x}</style>`,
    () => html`<iframe srcdoc="${x}">`,
    () => html`<!-- ${x} -->`,
    () => html`<a href="java${x}">`,
    () => html`<a href="${x}${x}">`,
  ];
  for (const attempt of refused) assert.throws(attempt, TypeError, attempt.toString());
});

test("what follows a script element is text again", () => {
  assert.equal(
    `${html`<script src="/a.js"></script><p>${"<"}</p>`}`,
    `<script src="/a.js"></script><p>&lt;</p>`,
  );
});

test("markup is kept, lists are joined, nothing is left out for null, undefined and false", () => {
  const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
  assert.equal(
    `${html`<ul>${items}${null}${undefined}${false}${0}</ul>`}`,
    "<ul><li>a</li><li>&lt;b&gt;</li>0</ul>",
  );
});

test("an object that only looks like markup is escaped", () => {
  const forged = { toString: () => "<b>" } as never;
  assert.equal(isHtml(forged), false);
  assert.equal(`${html`<p>${forged}</p>`}`, "<p>&lt;b&gt;</p>");
});

test("markup in an attribute is refused, and raw needs its reason", () => {
  assert.throws(() => html`<p title="${html`<b>`}">`, TypeError);
  assert.throws(() => raw("<b>", ""), TypeError);
  assert.equal(`${html`<p>${raw("<b>", "a test")}</p>`}`, "<p><b></p>");
});
