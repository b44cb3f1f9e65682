import assert from "node:assert/strict";
import { test } from "node:test";
import { gathered } from "./gather.ts";

const sizes = async (chunks: readonly number[], bytes: number): Promise<number[]> => {
  const found: number[] = [];
  const source = chunks.map((size, at) => Buffer.alloc(size, at));
  const seen: Buffer[] = [];
  for await (const chunk of gathered(source, bytes)) {
    found.push(chunk.byteLength);
    seen.push(chunk);
  }
  assert.deepEqual(Buffer.concat(seen), Buffer.concat(source));
  return found;
};

test("small chunks are joined, large ones pass as they are, and nothing is lost or moved", async () => {
  assert.deepEqual(await sizes([], 10), []);
  assert.deepEqual(await sizes([3], 10), [3]);
  assert.deepEqual(await sizes([3, 3, 3, 3, 3], 10), [12, 3]);
  assert.deepEqual(await sizes([40, 2, 50, 1], 10), [40, 2, 50, 1]);
  assert.deepEqual(await sizes([2, 2, 50, 9, 1], 10), [54, 10]);
});
