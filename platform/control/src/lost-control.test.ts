import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Customer } from "@holdfast/panel/customer";
import {
  createCustomer,
  listCustomerBackups,
  listCustomers,
  restoreCustomerBackup,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { checkCatalogs, rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { controlActor } from "./actor.ts";
import { Installation } from "./testing/installation.ts";
import { rescueOf } from "./testing/rescue.ts";
import { withControlData } from "./testing/snapshot.ts";

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
  assert.deepEqual((await lost.askControl(checkCatalogs, {})).findings, []);
  const rescued = await rescueOf(lost);
  installations.push(rescued);
  assert.deepEqual((await rescued.askControl(listCustomers, {})).customers, []);
  const rebuilt = await rescued.askControl(rebuildCatalog, {});
  assert.deepEqual([rebuilt.customersMade, rebuilt.backupsMade, rebuilt.findings], [1, 2, []]);
  const customers = await withControlData(rescued, (data) =>
    data.reading(controlActor).of(Customer).searchRead([], ["name", "email", "plan"]),
  );
  assert.deepEqual(
    customers.map(({ name, email, plan }) => [name, email, plan]),
    [["acme", "owner@acme.example", "paid"]],
  );
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
