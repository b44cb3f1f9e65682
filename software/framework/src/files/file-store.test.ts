import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { type FileStore, fileStore } from "./file-store.ts";
import { removeLeftPieces } from "./left-pieces.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newStore(key: Uint8Array = Buffer.alloc(32, 1)): {
  readonly store: FileStore;
  readonly folder: string;
} {
  const folder = join(mkdtempSync(join(tmpdir(), "holdfast-files-")), "tenant");
  folders.push(join(folder, ".."));
  return { store: fileStore({ folder, key, random: systemRandom, log: silentLog }), folder };
}

const limit = 10_000_000;
const put = (store: FileStore, content: Buffer) => store.put(Readable.from([content]), limit);
const read = async (store: FileStore, sha256: string) => buffer(await store.open(sha256));
const placeOf = (folder: string, sha256: string) => join(folder, sha256.slice(0, 2), sha256);

test("what was put comes out again, under the digest of its content", async () => {
  const { store } = newStore();
  for (const bytes of [0, 1, 65_536, 200_000]) {
    const content = randomBytes(bytes);
    const stored = await put(store, content);
    assert.deepEqual(stored, { sha256: createHash("sha256").update(content).digest("hex"), bytes });
    assert.ok((await read(store, stored.sha256)).equals(content));
  }
});

test("nothing of the content stands on the disk in clear", async () => {
  const { store, folder } = newStore();
  const canary = "canary-in-the-coal-mine-4711";
  const { sha256 } = await put(store, Buffer.from(canary.repeat(100)));
  assert.ok(!readFileSync(placeOf(folder, sha256)).includes(canary));
});

test("the same content is kept once and never written over", async () => {
  const { store, folder } = newStore();
  const content = randomBytes(1_000);
  const { sha256 } = await put(store, content);
  const before = statSync(placeOf(folder, sha256));
  await put(store, content);
  const { ino, mtimeMs } = statSync(placeOf(folder, sha256));
  assert.deepEqual([ino, mtimeMs], [before.ino, before.mtimeMs]);
  assert.deepEqual(readdirSync(folder), [sha256.slice(0, 2)]);
});

test("a file over the limit and a stream that breaks leave nothing", async () => {
  const { store, folder } = newStore();
  await assert.rejects(store.put(Readable.from([randomBytes(2_000)]), 1_000), { code: "too_large" });
  const breaking = Readable.from(
    (async function* () {
      yield randomBytes(100);
      throw new Error("the line broke");
    })(),
  );
  await assert.rejects(store.put(breaking, limit), /the line broke/);
  assert.deepEqual(readdirSync(folder), []);
});

test("a changed, cut or exchanged file is not handed out whole", async () => {
  const { store, folder } = newStore();
  const [one, other] = [await put(store, randomBytes(100_000)), await put(store, randomBytes(100_000))];
  const place = placeOf(folder, one.sha256);
  const sealed = readFileSync(place);
  const flipped = Buffer.from(sealed);
  flipped[70_000] = (flipped[70_000] ?? 0) ^ 1;
  for (const damaged of [
    flipped,
    sealed.subarray(0, -1),
    Buffer.alloc(0),
    readFileSync(placeOf(folder, other.sha256)),
  ]) {
    rmSync(place);
    writeFileSync(place, damaged);
    await assert.rejects(read(store, one.sha256));
  }
});

test("another customer's key opens nothing", async () => {
  const { store, folder } = newStore();
  const { sha256 } = await put(store, randomBytes(100));
  const stranger = fileStore({ folder, key: Buffer.alloc(32, 2), random: systemRandom, log: silentLog });
  await assert.rejects(read(stranger, sha256));
});

test("a name that is no digest reads no file", async () => {
  const { store } = newStore();
  for (const name of ["", "../../../etc/passwd", "a".repeat(64), "A".repeat(64), `${"a".repeat(63)}/`])
    await assert.rejects(store.open(name), { code: "not_found" }, name);
});

test("a reader that goes away closes the file", async () => {
  const { store, folder } = newStore();
  const { sha256 } = await put(store, randomBytes(500_000));
  const stream = await store.open(sha256);
  for await (const _chunk of stream) break;
  assert.ok(stream.destroyed);
  const limitMs = Date.now() + 5_000;
  const isOpen = () => readdirSync("/proc/self/fd").some((fd) => linkOf(fd).startsWith(folder));
  while (isOpen()) {
    assert.ok(Date.now() < limitMs, "the file stayed open");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

test("a file whose upload outlasted its key is put under the one that took its place, or not at all", async () => {
  const [former, current] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const { folder } = newStore();
  let known: Uint8Array[] | undefined = [former];
  const asked = async () => known ?? assert.fail("nobody tells the keys");
  const store = fileStore({ folder, key: former, keys: asked, random: systemRandom, log: silentLog });
  const content = randomBytes(200_000);
  const slow = (then: Uint8Array[] | undefined) =>
    Readable.from(
      (async function* () {
        yield content.subarray(0, 100_000);
        known = then;
        yield content.subarray(100_000);
      })(),
    );
  const { sha256, bytes } = await store.put(slow([current]), limit);
  assert.equal(bytes, content.byteLength);
  const later = fileStore({ folder, key: current, random: systemRandom, log: silentLog });
  assert.ok((await read(later, sha256)).equals(content), "the former key is destroyed by now");
  assert.deepEqual(readdirSync(folder), [sha256.slice(0, 2)]);
  rmSync(placeOf(folder, sha256));
  known = [former];
  await assert.rejects(store.put(slow(undefined), limit), /nobody tells the keys/);
  assert.deepEqual(readdirSync(join(folder, sha256.slice(0, 2))), []);
});

test("the pieces that a killed server left go after an hour; what still comes in, and what is stored, stays", async () => {
  const { store, folder } = newStore();
  const { sha256 } = await put(store, randomBytes(1_000));
  for (const name of ["old", "new"]) writeFileSync(join(folder, `.incoming-${name}`), "piece");
  const longAgo = new Date(Date.now() - 3_700_000);
  for (const name of [".incoming-old", sha256.slice(0, 2)]) utimesSync(join(folder, name), longAgo, longAgo);
  assert.equal(await removeLeftPieces(folder, Date.now()), 1);
  assert.deepEqual(readdirSync(folder).toSorted(), [".incoming-new", sha256.slice(0, 2)]);
  assert.equal(await removeLeftPieces(join(folder, "nobody"), Date.now()), 0);
});
