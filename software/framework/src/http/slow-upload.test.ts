import assert from "node:assert/strict";
import { PassThrough, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { slowUpload, type UploadLimits } from "./slow-upload.ts";

const limits: UploadLimits = { idleMilliseconds: 200, leastBytesPerSecond: 1_000, spanMilliseconds: 400 };

/** Somebody who sends so many bytes every so often, until all is sent or nobody listens. */
async function drip(into: PassThrough, sent: { bytes: number; every: number; times: number }): Promise<void> {
  for (let at = 0; at < sent.times && !into.destroyed; at++) {
    into.write(Buffer.alloc(sent.bytes, 7));
    await wait(sent.every);
  }
  into.end();
}

const outcome = (body: Readable): Promise<string> =>
  buffer(body).then(
    (whole) => `${whole.byteLength} bytes`,
    (error: Error) => error.message,
  );

test("what comes slowly and steadily arrives whole, however long it takes", async () => {
  const from = new PassThrough();
  const body = outcome(slowUpload(from, 10_000, limits));
  await drip(from, { bytes: 100, every: 50, times: 24 });
  assert.equal(await body, "2400 bytes");
});

test("what stands still is given up", async () => {
  const from = new PassThrough();
  const body = outcome(slowUpload(from, 10_000, limits));
  from.write(Buffer.alloc(5_000));
  assert.match(await body, /given up: no byte came for 0.2 s/);
});

test("a byte now and then holds no place", async () => {
  const from = new PassThrough();
  const body = outcome(slowUpload(from, 10_000, limits));
  void drip(from, { bytes: 1, every: 40, times: 60 });
  assert.match(await body, /given up: fewer than 1000 bytes a second came/);
});

test("time in which nobody takes the bytes is not the sender's", async () => {
  const from = new PassThrough();
  const body = slowUpload(from, 1_000_000, limits);
  const sending = drip(from, { bytes: 100_000, every: 1, times: 5 });
  await wait(800);
  assert.equal(await outcome(body), "500000 bytes");
  await sending;
});

test("more than the limit, and less than was promised, fail", async () => {
  const large = new PassThrough();
  const tooLarge = outcome(slowUpload(large, 1_000, limits));
  large.end(Buffer.alloc(1_001));
  assert.match(await tooLarge, /larger than 1000 bytes/);
  const cut = new PassThrough();
  const cutOff = outcome(slowUpload(cut, 1_000, limits));
  cut.write("half");
  cut.destroy();
  assert.match(await cutOff, /cut off/);
});

test("one that is cut before anybody reads it ends nothing else, and tells whoever reads it later", async () => {
  const from = new PassThrough();
  const body = slowUpload(from, 10_000, limits);
  from.write("x");
  from.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(await outcome(body), /cut off/);
});
