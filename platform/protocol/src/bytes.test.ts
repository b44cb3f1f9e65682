import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { defineDownload, defineUpload } from "./byte-method.ts";
import { download, upload } from "./call-bytes.ts";
import { handleDownload, handleUpload, type Serving, serve } from "./serve.ts";

const fetchBytes = defineDownload({
  name: "test.fetch",
  input: z.strictObject({ bytes: z.number(), failAt: z.number().optional() }),
  head: z.object({ bytes: z.number() }),
});
const sendBytes = defineUpload({
  name: "test.send",
  input: z.strictObject({ most: z.number() }),
  output: z.object({ bytes: z.number() }),
});

const folder = mkdtempSync(join(tmpdir(), "hf-bytes-"));
const socket = join(folder, "a.sock");
let serving: Serving;
let stopped = 0;

before(async () => {
  serving = await serve(socket, [
    handleDownload(fetchBytes, async ({ bytes, failAt }) => {
      if (bytes > 100_000_000) throw new ExpectedError("too_large", "that is too much");
      return { head: { bytes }, body: Readable.from(pieces(bytes, failAt)) };
    }),
    handleUpload(sendBytes, async ({ most }, { body, progress }) => {
      let bytes = 0;
      for await (const piece of body as AsyncIterable<Buffer>) {
        bytes += piece.byteLength;
        progress({ step: "taking", done: bytes, total: null, unit: "bytes" });
        if (bytes > most) throw new ExpectedError("too_large", `at most ${most} bytes`);
      }
      return { bytes };
    }),
  ]);
});
after(async () => {
  await serving.close();
  rmSync(folder, { recursive: true });
});

async function* pieces(bytes: number, failAt = Number.POSITIVE_INFINITY) {
  try {
    for (let at = 0; at < bytes; at += 65_536) {
      if (at >= failAt) throw new Error("the source broke");
      yield Buffer.alloc(Math.min(65_536, bytes - at), 7);
    }
  } finally {
    stopped += 1;
  }
}

test("bytes come with what is known before them", async () => {
  const { head, body } = await download(socket, fetchBytes, { bytes: 3_000_000 });
  assert.equal(head.bytes, 3_000_000);
  assert.equal((await buffer(body)).byteLength, 3_000_000);
});

test("what is refused before the first byte says why; what breaks later is cut, never quietly short", async () => {
  await assert.rejects(download(socket, fetchBytes, { bytes: 200_000_000 }), { code: "too_large" });
  const { body } = await download(socket, fetchBytes, { bytes: 3_000_000, failAt: 1_000_000 });
  await assert.rejects(buffer(body));
});

test("whoever stops reading stops the source", async () => {
  const before = stopped;
  const { body } = await download(socket, fetchBytes, { bytes: 90_000_000 });
  body.destroy();
  while (stopped === before) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("bytes are taken with progress, and refused half-way with a reason", async () => {
  const seen: number[] = [];
  const input = { most: 10_000_000 };
  const sent = await upload(
    socket,
    sendBytes,
    { input, body: Readable.from(pieces(2_000_000)) },
    { onProgress: ({ done }) => seen.push(done) },
  );
  assert.equal(sent.bytes, 2_000_000);
  assert.ok(seen.length > 1);
  const tooMuch = upload(socket, sendBytes, {
    input: { most: 500_000 },
    body: Readable.from(pieces(50_000_000)),
  });
  await assert.rejects(tooMuch, { code: "too_large", message: "at most 500000 bytes" });
});

test("a source that breaks cuts the upload", async () => {
  const broken = { input: { most: 10_000_000 }, body: Readable.from(pieces(5_000_000, 1_000_000)) };
  await assert.rejects(upload(socket, sendBytes, broken));
});
