import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Secret } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { anyTenant } from "./testing.ts";
import { Tombstones } from "./tombstones.ts";

const root = mkdtempSync(join(tmpdir(), "hf-erased-"));
const [own, far] = [join(root, "own"), join(root, "far/erased")];
after(() => rmSync(root, { recursive: true, force: true }));
const key = new Secret(Buffer.alloc(32, 7));
const stone = { id: "a", at: "2026-01-01T00:00:00Z", marks: ["a".repeat(64)] };

test("a list of who was erased that is damaged in every place stops its own customer alone", () => {
  const tombstones = new Tombstones([own, far], key, systemRandom);
  const [damaged, whole] = [anyTenant(), anyTenant()];
  for (const tenantId of [damaged, whole]) {
    tombstones.key(tenantId, { make: true });
    tombstones.add(tenantId, stone);
  }
  writeFileSync(join(own, `${damaged}.json`), "{");
  assert.deepEqual(tombstones.match(), [damaged]);
  assert.throws(() => tombstones.stones(damaged), { code: "conflict" });
  assert.equal(tombstones.stones(whole).length, 1);
  mkdirSync(join(root, "far"));
  assert.deepEqual(tombstones.match(), [damaged]);
  rmSync(join(own, `${whole}.json`));
  assert.equal(tombstones.stones(whole).length, 1, "a place that came back later knows it too");
});

test("a list of an installation that was here before does not keep a new root key from being used", () => {
  const [former, next] = [Buffer.alloc(32, 8), Buffer.alloc(32, 9)];
  const ours = new Tombstones([own], new Secret(former), systemRandom);
  const tenantId = anyTenant();
  const secret = ours.key(tenantId, { make: true });
  ours.rewrap(former, next);
  const after = new Tombstones([own], new Secret(next), systemRandom);
  assert.deepEqual(after.key(tenantId, { make: false }), secret);
});
