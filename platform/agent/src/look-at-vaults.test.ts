import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dataFolder } from "@holdfast/protocol/data-folder";
import { lookAtVaults } from "./look-at-vaults.ts";
import { ourselves } from "./system-user.ts";
import { directoryVaults } from "./vaults.ts";

const root = mkdtempSync(join(tmpdir(), "holdfast-look-"));
after(() => rmSync(root, { recursive: true, force: true }));
const vaults = directoryVaults(dataFolder(root), ourselves());
for (const { spec } of vaults)
  for (const part of ["store", "incoming"]) mkdirSync(join(spec.path, part), { recursive: true });

test("a vault that is there answers, takes writes and tells how much is free", async () => {
  for (const look of await lookAtVaults(vaults)) {
    assert.deepEqual([look.answers, look.trouble], [true, null]);
    assert.ok((look.freeBytes ?? 0) > 0 && (look.wantedFreeBytes ?? 0) > 0);
  }
});

test("a vault whose folder is gone, as when a disk is not mounted, does not answer; the others do", async () => {
  const path = vaults[0]?.spec.path ?? "";
  renameSync(path, `${path}.away`);
  mkdirSync(path);
  const [gone, ...others] = await lookAtVaults(vaults);
  assert.deepEqual([gone?.answers, gone?.trouble], [false, "it cannot be read (ENOENT)"]);
  assert.ok(others.every(({ answers }) => answers));
});

test("a vault that answers but takes nothing says so", { skip: process.getuid?.() === 0 }, async () => {
  chmodSync(join(vaults[1]?.spec.path ?? "", "incoming"), 0o500);
  assert.match((await lookAtVaults(vaults))[1]?.trouble ?? "", /nothing can be written/);
});
