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
  assert.deepEqual(await sizes([3, 3, 3, 3, 3], 10), [9, 6]);
  assert.deepEqual(await sizes([5, 5, 1], 10), [10, 1]);
  assert.deepEqual(await sizes([40, 2, 50, 1], 10), [40, 2, 50, 1]);
  assert.deepEqual(await sizes([2, 2, 50, 9, 1], 10), [4, 50, 10]);
});

test("a source may use the memory of a chunk again when it is asked for the next", async () => {
  const reused = Buffer.alloc(8);
  async function* source() {
    for (let round = 0; round < 5; round++) yield reused.fill(round).subarray(0, round === 3 ? 8 : 2);
  }
  const seen: number[] = [];
  for await (const chunk of gathered(source(), 8)) seen.push(...chunk);
  assert.deepEqual(seen, [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4]);
});
