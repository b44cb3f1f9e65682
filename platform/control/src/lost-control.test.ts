import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  createCustomer,
  listCustomerBackups,
  listCustomers,
  restoreCustomerBackup,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { checkCatalogs, rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { Installation } from "./testing/installation.ts";

const installations: Installation[] = [];
after(async () => {
  for (const installation of installations) await installation.remove();
});

test("an installation of which vaults, a keystore replica and the recovery file are left knows its backups again and restores them", async () => {
  const lost = await Installation.start();
  installations.push(lost);
  await lost.askControl(createCustomer, { name: "acme", demoData: true });
  const taken = [];
  for (let i = 0; i < 2; i++)
    taken.push((await lost.askControl(takeCustomerBackup, { customer: "acme" })).backup);
  const { rows } = taken[1]?.summary ?? {};
  assert.deepEqual((await lost.askControl(checkCatalogs, {})).findings, []);
  const rescued = await Installation.start();
  installations.push(rescued);
  await rescued.control.stop();
  await rescued.agent.stop();
  // Each from its own place: the vaults, one replica of the keystore, the line of the recovery file.
  takeOver(join(lost.folder.replicas, "second"), rescued.folder.keystore);
  rmSync(rescued.folder.rootKey);
  writeFileSync(rescued.folder.rootKey, readFileSync(lost.folder.rootKey), { mode: 0o600 });
  takeOver(lost.folder.vaults, rescued.folder.vaults);
  // Of the new, empty control database nothing is kept either: its key went with its keystore.
  for (const path of [rescued.folder.clusters, rescued.folder.catalogs, rescued.folder.replicas])
    rmSync(path, { recursive: true, force: true });
  mkdirSync(rescued.folder.clusters, { mode: 0o711 });
  await rescued.startAgent();
  await rescued.startControl();
  assert.deepEqual((await rescued.askControl(listCustomers, {})).customers, []);
  const rebuilt = await rescued.askControl(rebuildCatalog, {});
  assert.deepEqual([rebuilt.customersMade, rebuilt.backupsMade, rebuilt.findings], [1, 2, []]);
  const again = await rescued.askControl(rebuildCatalog, {});
  assert.deepEqual([again.customersMade, again.backupsMade], [0, 0]);
  const { backups } = await rescued.askControl(listCustomerBackups, { customer: "acme" });
  assert.deepEqual(
    backups.map(({ backupId, state }) => [backupId, state]).sort(),
    taken.map(({ backupId }) => [backupId, "stored"]).sort(),
  );
  const restored = await rescued.askControl(restoreCustomerBackup, { customer: "acme", as: "acme-again" });
  assert.deepEqual([restored.equal, restored.summary.rows], [true, rows]);
});

function takeOver(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o750);
}
