import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ourselves } from "./system-user.ts";
import { temporaryDataFolder } from "./testing.ts";
import { directoryVaults, prepareVaults } from "./vaults.ts";

test("one vault that cannot be prepared is told and keeps no other from it", async () => {
  const folder = temporaryDataFolder();
  try {
    mkdirSync(folder.vaults);
    writeFileSync(join(folder.vaults, "eu-west"), "no folder");
    const told: unknown[] = [];
    await prepareVaults(directoryVaults(folder, ourselves()), ourselves(), (_level, _message, fields) =>
      told.push(fields?.["vault"]),
    );
    assert.deepEqual(told, ["eu-west"]);
    for (const vault of ["eu-north", "us-east"])
      assert.ok(statSync(join(folder.vaults, vault, "incoming")).isDirectory());
  } finally {
    folder.remove();
  }
});
