import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ahead } from "./ahead.ts";

test("chunks come in their order, the next one being made while one is worked on", async () => {
  const said: string[] = [];
  async function* source() {
    for (const name of ["a", "b", "c"]) {
      said.push(`make ${name}`);
      yield Buffer.from(name);
    }
  }
  let taken = 0;
  for await (const chunk of ahead(source())) {
    said.push(`take ${chunk}`);
    taken += 1;
    // As packing does: it is over only after the next chunk was made.
    while (said.filter((word) => word.startsWith("make")).length < Math.min(3, taken + 1)) await nextTurn();
    said.push(`done ${chunk}`);
  }
  assert.deepEqual(said, [
    ...["make a", "take a", "make b", "done a", "take b", "make c", "done b", "take c", "done c"],
  ]);
});

test("what the source fails with comes where it belongs, and a reader that stops ends the source", async () => {
  let isEnded = false;
  async function* source() {
    try {
      yield Buffer.from("a");
      throw new Error("the source broke");
    } finally {
      isEnded = true;
    }
  }
  const taken: string[] = [];
  await assert.rejects(async () => {
    for await (const chunk of ahead(source())) taken.push(String(chunk));
  }, /the source broke/);
  assert.deepEqual([taken, isEnded], [["a"], true]);
  isEnded = false;
  for await (const _chunk of ahead(source())) break;
  assert.equal(isEnded, true);
});
