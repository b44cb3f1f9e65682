import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import type { RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { newId } from "@holdfast/kernel/id";
import { silentLog } from "@holdfast/kernel/log";
import { handleUpload, serve } from "@holdfast/protocol/serve";
import { appendToUpload, type UploadState, uploadBlockBytes } from "@holdfast/protocol/upload-methods";
import { receivePiece } from "./receive-piece.ts";

const folder = mkdtempSync(join(tmpdir(), "hf-piece-"));
const controlSocket = join(folder, "control.sock");
let kept = 0;
const arrived = new EventTarget();
const control = await serve(
  controlSocket,
  [
    handleUpload(appendToUpload, async ({ offset }, { body }) => {
      kept = offset + (await buffer(body)).byteLength;
      arrived.dispatchEvent(new Event("block"));
      return { isNext: true, offset: kept, digest: "0".repeat(64) };
    }),
  ],
  { log: silentLog },
);
after(async () => {
  await control.close();
  rmSync(folder, { recursive: true });
});

const id = <K extends "tenant" | "upload">() => newId<K>(Date.now(), randomBytes(10));
const state: UploadState = {
  uploadId: id<"upload">(),
  name: "own.zip",
  metadata: "",
  bytes: 4 * uploadBlockBytes,
  offset: 0,
  digest: "0".repeat(64),
  expiresAt: new Date().toISOString(),
  taking: null,
  ended: null,
};

test("a piece ends where its sender's right ends: no block after that is kept, and its place is free", async () => {
  for (let sender = 0; sender < 5; sender++) {
    kept = 0;
    const right = new AbortController();
    const stream = new PassThrough();
    const request = {
      headers: { "content-type": "application/offset+octet-stream", "upload-offset": "0" },
      tenant: { id: state.uploadId },
      actor: { userId: 2, standing: right.signal },
      stream,
    } as unknown as RouteRequest;
    const receiving = receivePiece({ controlSocket } as never, request, state);
    const first = once(arrived, "block");
    stream.write(randomBytes(uploadBlockBytes));
    await first;
    right.abort(new ExpectedError("unauthenticated", "You were signed out."));
    stream.write(randomBytes(uploadBlockBytes), () => undefined);
    stream.end();
    await assert.rejects(receiving, { code: "unauthenticated" });
    assert.equal(kept, uploadBlockBytes);
  }
});
