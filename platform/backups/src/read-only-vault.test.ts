import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { removeFromDirectoryVault } from "./directory-vault.ts";
import { objectName } from "./object-name.ts";
import { newTestId, threeVaults } from "./testing/vaults.ts";

const mounts = spawnSync("unshare", ["--mount", "true"]).status === 0 && process.getuid?.() === 0;

test("from a vault that takes no writes, what it does not hold counts as removed", {
  skip: mounts ? false : "only root can mount a read-only vault",
}, async () => {
  const [spec] = (await threeVaults()).specs;
  const store = join(spec!.path, "store");
  await mkdir(store, { recursive: true });
  execFileSync("mount", ["--bind", store, store]);
  try {
    execFileSync("mount", ["-o", "remount,bind,ro", store]);
    await assert.doesNotReject(
      removeFromDirectoryVault(spec!, objectName(newTestId<"tenant">(), newTestId<"backup">())),
    );
  } finally {
    execFileSync("umount", [store]);
  }
});
