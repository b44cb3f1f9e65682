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
const wish = { name: "own.zip", bytes: file.length, as: null };

/** As a control that starts anew finds it. */
const started = (its = keys) =>
  new Uploads(new UploadStore({ root, clock, random: systemRandom, keysOf: async () => its }), silentLog);

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
    made(7);
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
  assert.deepEqual(uploads.leftDatabases(), []);
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

async function ended(uploads: Uploads) {
  for (;;) {
    const seen = await uploads.look(ann);
    if (seen?.taking === null) return seen;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
