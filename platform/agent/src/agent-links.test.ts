import assert from "node:assert/strict";
import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startAgent } from "./agent.ts";
import { temporaryDataFolder } from "./testing.ts";

test("an agent gives no user what a link in the folder of sockets leads to", async () => {
  const other = temporaryDataFolder();
  const led = join(other.root, "led");
  mkdirSync(led);
  mkdirSync(other.run);
  symlinkSync(led, join(other.run, "pg-main"));
  try {
    await assert.rejects(startAgent({ folder: other, sync: false }), {
      code: "conflict",
      message: /is not ours/,
    });
    assert.equal(statSync(led).uid, process.getuid?.());
  } finally {
    other.remove();
  }
});
