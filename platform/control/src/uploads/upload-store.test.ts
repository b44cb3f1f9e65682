import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import { newId } from "@holdfast/kernel/id";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { emptyDigest, nextDigest } from "@holdfast/protocol/upload-digest";
import { uploadBlockBytes } from "@holdfast/protocol/upload-methods";
import { uploadLimits } from "./upload-limits.ts";
import { UploadStore } from "./upload-store.ts";
import { type TakeIn, Uploads } from "./uploads.ts";

const root = mkdtempSync(join(tmpdir(), "hf-uploads-"));
after(() => rmSync(root, { recursive: true }));

const keys = [systemRandom.bytes(32)];
let nowMs = Date.now();
const clock = { now: () => nowMs };
const tenant = () => newId<"tenant">(nowMs, systemRandom.bytes(10));
const acme = tenant();
const ann = { tenantId: acme, person: 2 };
const file = Buffer.concat([
  Buffer.from("PLAIN WORDS".repeat(10_000)),
  randomBytes(2 * uploadBlockBytes + 7),
]);
const blocks = Array.from({ length: Math.ceil(file.length / uploadBlockBytes) }, (_, at) =>
  file.subarray(at * uploadBlockBytes, (at + 1) * uploadBlockBytes),
);
const wish = { name: "own.zip", metadata: "", bytes: file.length, as: null };
const gigabyte = 2 ** 30;
const roomy = { free: 4_000 * gigabyte, whole: 8_000 * gigabyte };
/** One customer may announce 10 GB here, all together 40. */
const small = { free: 120 * gigabyte, whole: 160 * gigabyte };

/** As a control that starts anew finds it; the disk has room enough unless a test says how large it is. */
const started = (its = keys, { disk = roomy, restoreBytes = 0 } = {}) => {
  const room = { disk: async () => disk, roomForRestores: async () => restoreBytes };
  return new Uploads(
    new UploadStore({ root, clock, random: systemRandom, keysOf: async () => its, ...room }),
    silentLog,
  );
};

async function send(uploads: Uploads, upTo = blocks.length, owner = ann) {
  const begun = await uploads.begin(owner, wish);
  for (const [at, block] of blocks.slice(0, upTo).entries())
    await uploads.append(owner, begun.uploadId, { offset: at * uploadBlockBytes, block });
  return begun.uploadId;
}

const path = (uploadId: string, owner = ann) =>
  join(root, owner.tenantId, String(owner.person), `${uploadId}.blocks`);

test("what was sent is there after a restart, with the digest that the file's owner works out, and nothing of it is plain", async () => {
  const uploadId = await send(started(), 2);
  const seen = await started().look(ann);
  assert.deepEqual([seen?.uploadId, seen?.offset], [uploadId, 2 * uploadBlockBytes]);
  const wanted = blocks.slice(0, 2).reduce(nextDigest, emptyDigest);
  assert.equal(seen?.digest, wanted.toString("hex"));
  for (const name of readdirSync(join(root, acme, "2")))
    assert.equal(readFileSync(join(root, acme, "2", name)).includes("PLAIN WORDS"), false, name);
  assert.equal(statSync(path(uploadId)).mode & 0o077, 0);
});

test("a block that is not the next one is not kept, and its sender learns where it is", async () => {
  const uploads = started();
  const uploadId = await send(uploads, 1);
  const [first = file, second = file] = blocks;
  const twice = await uploads.append(ann, uploadId, { offset: 0, block: first });
  assert.deepEqual([twice.isNext, twice.offset], [false, uploadBlockBytes]);
  // Two tabs at once: one of them was quicker.
  const both = await Promise.all(
    [1, 2].map(() => uploads.append(ann, uploadId, { offset: uploadBlockBytes, block: second })),
  );
  assert.deepEqual(both.map(({ isNext }) => isNext).sort(), [false, true]);
  assert.equal((await uploads.look(ann))?.offset, 2 * uploadBlockBytes);
  const short = uploads.append(ann, uploadId, { offset: 2 * uploadBlockBytes, block: Buffer.alloc(5) });
  await assert.rejects(short, { code: "invalid" });
});

test("another's upload is not found, neither that of a colleague nor that of a neighbour", async () => {
  const uploads = started();
  const uploadId = await send(uploads, 1);
  for (const other of [
    { ...ann, person: 3 },
    { ...ann, tenantId: tenant() },
  ]) {
    assert.equal(await uploads.look(other), null);
    const asked = { offset: uploadBlockBytes, block: blocks[1] ?? file };
    await assert.rejects(uploads.append(other, uploadId, asked), { code: "not_found" });
    await assert.rejects(uploads.take(other, uploadId, { as: null, work: never }), { code: "not_found" });
    await assert.rejects(uploads.drop(other, uploadId), { code: "not_found" });
  }
});

test("what a killed process left torn at the end, or a loss of power spoiled, is sent once more", async () => {
  const uploadId = await send(started(), 2);
  appendFileSync(path(uploadId), randomBytes(1_000));
  assert.equal((await started().look(ann))?.offset, 2 * uploadBlockBytes);
  const bytes = readFileSync(path(uploadId));
  bytes.fill(0, bytes.length - 4_096);
  writeFileSync(path(uploadId), bytes);
  const uploads = started();
  assert.equal((await uploads.look(ann))?.offset, uploadBlockBytes);
  for (const [at, block] of blocks.entries())
    if (at > 0) await uploads.append(ann, uploadId, { offset: at * uploadBlockBytes, block });
  assert.ok((await whole(uploads, uploadId)).equals(file));
});

test("once the data key is changed the former one still opens it; once that is destroyed it begins anew", async () => {
  await send(started(), 1);
  const key = systemRandom.bytes(32);
  assert.equal((await started([key, ...keys]).look(ann))?.offset, uploadBlockBytes);
  assert.equal((await started([key]).look(ann))?.offset, 0);
});

test("blocks that lie in another place than they were written to do not count", async () => {
  const uploadId = await send(started(), 2);
  const bytes = readFileSync(path(uploadId));
  const half = bytes.length / 2;
  writeFileSync(path(uploadId), Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)]));
  assert.equal((await started().look(ann))?.offset, 0);
});

test("a person has one, a customer a few; what does not move for a day, or a week in all, is dropped", async () => {
  const uploads = started();
  const first = await send(uploads, 1);
  const second = await send(uploads, 1);
  await assert.rejects(uploads.drop(ann, first), { code: "not_found" });
  for (let person = 3; person < 2 + uploadLimits.ofCustomer; person++)
    await send(uploads, 1, { ...ann, person });
  await assert.rejects(send(uploads, 1, { ...ann, person: 99 }), { code: "too_many" });
  nowMs += uploadLimits.idleMs + 60_000;
  assert.equal(await uploads.look(ann), null);
  await assert.rejects(uploads.drop(ann, second), { code: "not_found" });
  // What a killed process left goes at the start of the next one.
  started();
  assert.deepEqual(readdirSync(join(root, acme)), []);
  nowMs = Date.now();
});

test("unfinished zips of one customer have so many bytes together, whoever sends them, and those of all so many", async () => {
  const uploads = started(keys, { disk: small });
  const announce = (owner: typeof ann, gigabytes: number) =>
    uploads.begin(owner, { ...wish, bytes: gigabytes * gigabyte });
  const bob = { ...ann, person: 3 };
  await assert.rejects(announce(ann, 11), { code: "too_large", hint: /bin\/holdfast backup import/ });
  await announce(ann, 6);
  await assert.rejects(announce(bob, 5), { code: "too_many", message: /have 6\.4 GB.*more than 10\.7 GB/ });
  // In the place of their own former one there is room for it.
  await announce(ann, 10);
  await announce(ann, 6);
  await announce(bob, 4);
  const others = [tenant(), tenant(), tenant()].map((tenantId) => ({ tenantId, person: 2 }));
  for (const other of others) await announce(other, 10);
  const late = { tenantId: tenant(), person: 2 };
  await assert.rejects(announce(late, 1), { code: "unavailable", message: /Too many zips/ });
  // What was announced and does not come keeps nobody out for long.
  nowMs += uploadLimits.announcedMs + 60_000;
  await announce(late, 1);
  await emptied(uploads, ann, bob, late, ...others);
});

test("of two that begin at once, and one of which fits, one is refused", async () => {
  const uploads = started(keys, { disk: small });
  const people = [2, 3].map((person) => ({ ...ann, person }));
  const begun = await Promise.allSettled(
    people.map((owner) => uploads.begin(owner, { ...wish, bytes: 6 * gigabyte })),
  );
  assert.deepEqual(begun.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await emptied(uploads, ...people);
});

test("who is refused room for another zip keeps what was sent of the former one", async () => {
  const uploads = started(keys, { disk: small });
  const uploadId = await send(uploads, 1);
  await assert.rejects(uploads.begin(ann, { ...wish, bytes: 11 * gigabyte }), { code: "too_large" });
  const seen = await uploads.look(ann);
  assert.deepEqual([seen?.uploadId, seen?.offset], [uploadId, uploadBlockBytes]);
  await emptied(uploads, ann);
});

test("the room that a restore of the largest database needs comes first, at the beginning and at each block", async () => {
  const disk = { whole: small.whole, free: 30 * gigabyte };
  const begin = (restoreBytes: number) =>
    started(keys, { disk, restoreBytes: restoreBytes * gigabyte }).begin(ann, {
      ...wish,
      bytes: 5 * gigabyte,
    });
  await assert.rejects(begin(26), { code: "unavailable", message: /no room/ });
  await begin(25);
  const other = { tenantId: tenant(), person: 2 };
  const second = started(keys, { disk, restoreBytes: 21 * gigabyte });
  // The first one has not come yet, and has its room all the same.
  await assert.rejects(second.begin(other, { ...wish, bytes: 5 * gigabyte }), { code: "unavailable" });
  const { uploadId } = await second.begin(other, { ...wish, bytes: 4 * gigabyte });
  const block = { offset: 0, block: Buffer.alloc(uploadBlockBytes) };
  assert.equal((await second.append(other, uploadId, block)).isNext, true);
  const later = started(keys, { disk, restoreBytes: 30 * gigabyte });
  const next = later.append(other, uploadId, { ...block, offset: uploadBlockBytes });
  await assert.rejects(next, { code: "unavailable" });
  assert.equal((await later.look(other))?.offset, uploadBlockBytes);
  await emptied(later, ann, other);
});

test("what is damaged where it lies ends the taking in, names what to do, and nothing of it stays", async () => {
  const uploads = started();
  const uploadId = await send(uploads);
  const bytes = readFileSync(path(uploadId));
  bytes[uploadBlockBytes >> 1] = (bytes[uploadBlockBytes >> 1] ?? 0) ^ 1;
  writeFileSync(path(uploadId), bytes);
  // Whoever takes it in sees a body that breaks off, and says so in words of their own.
  const work: TakeIn = async ({ body }) => {
    await buffer(body).catch(() => undefined);
    throw new Error("the line broke");
  };
  await uploads.take(ann, uploadId, { as: null, work });
  const seen = await ended(uploads);
  assert.deepEqual(seen?.ended, {
    error: {
      code: "gone",
      message: "What was sent of this zip can no longer be read.",
      hint: "Begin again.",
    },
  });
  assert.deepEqual(readdirSync(join(root, acme, "2")), ["upload.json"]);
});

test("a zip that is refused is gone; one that could not be taken in now is kept and taken in later; cancelled, nothing stays", async () => {
  const uploads = started();
  const uploadId = await send(uploads);
  const fails =
    (code: "invalid" | "unavailable"): TakeIn =>
    async () => {
      const { ExpectedError } = await import("@holdfast/kernel/errors");
      throw new ExpectedError(code, "no");
    };
  await uploads.take(ann, uploadId, { as: null, work: fails("unavailable") });
  const kept = await ended(uploads);
  assert.deepEqual(
    [kept?.offset, kept?.ended],
    [file.length, { error: { code: "unavailable", message: "no" } }],
  );
  assert.ok((await whole(uploads, uploadId)).equals(file));
  await uploads.take(ann, uploadId, { as: null, work: fails("invalid") });
  assert.deepEqual((await ended(uploads))?.ended, { error: { code: "invalid", message: "no" } });
  assert.deepEqual(readdirSync(join(root, acme, "2")), ["upload.json"]);
  // Not after a restart either, when nobody remembers how far it was.
  const late = await started().append(ann, uploadId, { offset: 0, block: blocks[0] ?? file });
  assert.equal(late.isNext, false);
  const again = await send(uploads);
  const stopped = Promise.withResolvers<void>();
  const work: TakeIn = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        stopped.resolve();
        reject(signal.reason);
      });
    });
  assert.notEqual((await uploads.take(ann, again, { as: null, work })).taking, null);
  assert.equal(await uploads.drop(ann, again), true);
  await stopped.promise;
  assert.equal(await uploads.look(ann), null);
  assert.deepEqual(readdirSync(join(root, acme)), []);
});

test("what is dropped while another tab has it taken in is not taken in, and leaves what is begun then alone", async () => {
  const uploads = started();
  const uploadId = await send(uploads);
  let begun = 0;
  const work: TakeIn = async ({ signal, made }) => {
    begun += 1;
    await new Promise((resolve) => setImmediate(resolve));
    made(acme);
    signal.throwIfAborted();
    assert.fail("a zip that was dropped is taken in");
  };
  const [dropped, taken] = await Promise.allSettled([
    uploads.drop(ann, uploadId),
    uploads.take(ann, uploadId, { as: null, work }),
  ]);
  assert.deepEqual([dropped.status, taken.status, begun], ["fulfilled", "rejected", 0]);
  const next = await uploads.begin(ann, wish);
  await ended(uploads);
  assert.deepEqual(uploads.leftTenants(), []);
  assert.equal((await started().look(ann))?.uploadId, next.uploadId);
});

test("who has a zip taken in for one customer is not told that it became another", async () => {
  const uploads = started();
  const uploadId = await send(uploads);
  const [one, other] = ["one", "other"].map((customer) => ({ customer, email: "owner@one.example" }));
  const work: TakeIn = ({ signal }) =>
    new Promise((_, reject) => void signal.addEventListener("abort", () => reject(signal.reason)));
  assert.notEqual((await uploads.take(ann, uploadId, { as: one ?? null, work })).taking, null);
  assert.notEqual((await uploads.take(ann, uploadId, { as: one ?? null, work })).taking, null);
  await assert.rejects(uploads.take(ann, uploadId, { as: other ?? null, work }), { code: "conflict" });
  await uploads.drop(ann, uploadId);
});

test("what is not here whole is not taken in", async () => {
  const uploads = started();
  const uploadId = await send(uploads, 1);
  await assert.rejects(uploads.take(ann, uploadId, { as: null, work: never }), { code: "conflict" });
});

const never: TakeIn = () => assert.fail("nothing is taken in");

/** What whoever takes it in reads; it fails afterwards, so that the bytes stay. */
async function whole(uploads: Uploads, uploadId: Parameters<Uploads["take"]>[1]): Promise<Buffer> {
  const read = Promise.withResolvers<Buffer>();
  const work: TakeIn = async ({ body }) => {
    read.resolve(await buffer(body));
    throw new Error("only read");
  };
  await uploads.take(ann, uploadId, { as: null, work });
  const bytes = await read.promise;
  await ended(uploads);
  return bytes;
}

/** Drops all, so that the next test begins with nothing. */
async function emptied(uploads: Uploads, ...owners: readonly (typeof ann)[]): Promise<void> {
  for (const owner of owners) {
    const { uploadId } = (await uploads.look(owner)) ?? {};
    if (uploadId !== undefined) await uploads.drop(owner, uploadId);
  }
  nowMs = Date.now();
}

async function ended(uploads: Uploads) {
  for (;;) {
    const seen = await uploads.look(ann);
    if (seen?.taking === null) return seen;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
