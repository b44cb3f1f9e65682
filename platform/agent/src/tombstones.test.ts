import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
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

test("two lists under different keys both count, in every place, and are told of for a week", () => {
  mkdirSync(join(root, "second"), { recursive: true });
  const places = [join(root, "first"), join(root, "second/erased")] as const;
  const clock = new ManualClock(Date.parse("2026-11-22T06:00:00Z"));
  const open = (...folders: string[]) => new Tombstones(folders, key, systemRandom, clock);
  const tenantId = anyTenant();
  open(...places).key(tenantId, { make: true });
  open(...places).add(tenantId, stone);
  // The own copy is lost while the other place is away, and somebody is erased meanwhile.
  rmSync(join(places[0], `${tenantId}.json`));
  const meanwhile = open(places[0]);
  meanwhile.key(tenantId, { make: true });
  meanwhile.add(tenantId, { ...stone, id: "b", marks: ["b".repeat(64)] });
  const both = open(...places);
  assert.deepEqual(both.match(), []);
  assert.deepEqual(both.split(), [tenantId]);
  for (const place of places) {
    const lists = open(place).lists(tenantId);
    assert.deepEqual(
      lists.map(({ marks }) => marks),
      [["b".repeat(64)], ["a".repeat(64)]],
    );
    assert.notDeepEqual(lists[0]?.key, lists[1]?.key);
  }
  both.rewrap(key.reveal(), Buffer.alloc(32, 9));
  const after = new Tombstones([...places], new Secret(Buffer.alloc(32, 9)), systemRandom, clock);
  assert.equal(after.lists(tenantId).length, 2, "a new root key wraps both");
  clock.advance(8 * 86_400_000);
  assert.deepEqual(after.split(), []);
  assert.equal(after.lists(tenantId).length, 2);
});
