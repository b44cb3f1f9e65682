import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "vite";

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

/** What a phone on a slow line waits for before it shows anything. */
const firstLoadBytes = 250 * 1024;
const outDir = mkdtempSync(join(tmpdir(), "holdfast-web-client-"));
let manifest: Readonly<Record<string, Chunk>>;

before(async () => {
  await build({ root: import.meta.dirname, logLevel: "error", build: { outDir, emptyOutDir: true } });
  manifest = JSON.parse(readFileSync(join(outDir, ".vite/manifest.json"), "utf8"));
});
after(() => rmSync(outDir, { recursive: true, force: true }));

/** Files of these chunks and of everything that they cannot do without. */
function filesOf(names: readonly string[], seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = manifest[name];
    assert.ok(chunk, `the manifest names ${name}`);
    if (seen.has(chunk.file)) continue;
    seen.add(chunk.file);
    filesOf(chunk.imports ?? [], seen);
  }
  return seen;
}

const gzippedBytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(outDir, file)), { level: 9 }).length, 0);

test("the first screen loads at most 250 KiB of script", () => {
  assert.ok(gzippedBytes(filesOf(["index.html"])) <= firstLoadBytes);
});

test("a form with its dates, opened first, stays within it too", () => {
  const names = Object.keys(manifest).filter((name) => /form-screen|date-input|chatter\.tsx/.test(name));
  assert.equal(names.length, 3, names.join());
  const bytes = gzippedBytes(filesOf(["index.html", ...names]));
  assert.ok(bytes <= firstLoadBytes, `${bytes} bytes`);
});

test("the page allows a strict policy: every script and style sheet has room for the nonce, nothing is inline", () => {
  const page = readFileSync(join(outDir, "index.html"), "utf8");
  for (const [tag] of page.matchAll(/<(script|link)\b[^>]*>/g))
    if (!tag.includes('rel="icon"')) assert.match(tag, /nonce="__CSP_NONCE__"/, tag);
  assert.match(page, /<meta property="csp-nonce" nonce="__CSP_NONCE__">/);
  assert.doesNotMatch(page, /<style|style="|<script[^>]*>[^<]|data:/);
});

test("no script makes code from text", () => {
  for (const { file } of Object.values(manifest))
    if (file.endsWith(".js"))
      assert.doesNotMatch(readFileSync(join(outDir, file), "utf8"), /\bnew Function\(|\beval\(/, file);
});
