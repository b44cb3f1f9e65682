import assert from "node:assert/strict";
import { after, test } from "node:test";
import { present } from "@holdfast/kernel/assert";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { download, upload } from "@holdfast/protocol/call-bytes";
import {
  createCustomer,
  createScratch,
  listCustomerBackups,
  listCustomers,
  restoreCustomerBackup,
  showCustomer,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { checkCatalogs, holdCustomer, rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import { controlActor } from "./actor.ts";
import { Installation } from "./testing/installation.ts";
import { withControlData } from "./testing/open-data.ts";
import { rescueOf } from "./testing/rescue.ts";

const installations: Installation[] = [];
after(async () => {
  for (const installation of installations) await installation.remove();
});

test("an installation of which vaults, a keystore replica and the recovery file are left knows its backups again and restores them", async () => {
  const lost = await Installation.start();
  installations.push(lost);
  await lost.askControl(createCustomer, {
    name: "acme",
    plan: "paid",
    login: "owner@acme.example",
    demoData: true,
  });
  const taken = [];
  for (let i = 0; i < 2; i++)
    taken.push((await lost.askControl(takeCustomerBackup, { customer: "acme" })).backup);
  const { rows } = taken[1]?.summary ?? {};
  const { tenantId } = await lost.askControl(showCustomer, { name: "acme" });
  const backupId = present(taken[0], "a backup").backupId;
  // A probe's own database is no customer's, and a name may have been given anew before anything is written down again.
  const { name: scratch } = await lost.askControl(createScratch, {});
  await lost.askControl(takeCustomerBackup, { customer: scratch });
  await lost.askControl(createCustomer, { name: "globex", plan: "free" });
  await lost.askControl(takeCustomerBackup, { customer: "globex" });
  const of = { of: { customer: "acme" }, by: "an operator" };
  const { body } = await download(lost.folder.controlSocket, downloadBackup, { ...of, backupId });
  const imported = await upload(lost.folder.controlSocket, uploadBackup, { input: of, body });
  const hold = { customer: "acme", reason: "case 4711" };
  const { heldSince } = await lost.askControl(holdCustomer, hold);
  assert.deepEqual((await lost.askControl(checkCatalogs, {})).findings, []);
  const rescued = await rescueOf(lost);
  installations.push(rescued);
  assert.deepEqual((await rescued.askControl(listCustomers, {})).customers, []);
  await rescued.askControl(createCustomer, { name: "globex", plan: "free" });
  const rebuilt = await rescued.askControl(rebuildCatalog, {});
  assert.deepEqual([rebuilt.customersMade, rebuilt.backupsMade, rebuilt.findings], [2, 4, []]);
  assert.deepEqual(
    (await rescued.askControl(listCustomers, {})).customers.map(({ name, state }) => [name, state]).sort(),
    [
      ["acme", "failed"],
      ["globex", "running"],
      ["globex-lost", "failed"],
    ],
  );
  const customers = await withControlData(rescued, (data) =>
    data
      .reading(controlActor)
      .of(Customer)
      .searchRead([["name", "=", "acme"]], ["name", "email", "plan", "held_since", "hold_reason"]),
  );
  assert.deepEqual(
    customers.map((each) => [
      each.name,
      each.email,
      each.plan,
      each.held_since?.toString(),
      each.hold_reason,
    ]),
    [["acme", "owner@acme.example", "paid", heldSince, hold.reason]],
  );
  const [import_] = await withControlData(rescued, (data) =>
    data
      .reading(controlActor)
      .of(Backup)
      .searchRead([["origin", "=", "imported"]], ["key", "origin_tenant", "origin_note"]),
  );
  assert.deepEqual([import_?.key, import_?.origin_tenant], [imported.backupId, tenantId]);
  assert.match(import_?.origin_note ?? "", /^acme at /);
  const again = await rescued.askControl(rebuildCatalog, {});
  assert.deepEqual([again.customersMade, again.backupsMade], [0, 0]);
  const { backups } = await rescued.askControl(listCustomerBackups, { customer: "acme" });
  assert.deepEqual(
    backups.map(({ backupId, state }) => [backupId, state]).sort(),
    [...taken, imported].map((each) => [each.backupId, "stored"]).sort(),
  );
  const restored = await rescued.askControl(restoreCustomerBackup, { customer: "acme", as: "acme-again" });
  assert.deepEqual([restored.equal, restored.summary.rows], [true, rows]);
});
