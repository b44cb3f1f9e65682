import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { controlBackupsToKeep } from "@holdfast/backups/kept-backups";
import { ManualClock, systemClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { Catalog } from "@holdfast/panel/catalog";
import { listBackups } from "@holdfast/protocol/backup-methods";
import {
  createCustomer,
  listCustomerBackups,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { holdCustomer, retireCustomerBackup } from "@holdfast/protocol/retention-methods";
import { auditCatalog } from "@holdfast/protocol/vault-methods";
import { scheduleCatchUp } from "./catch-up.ts";
import { backUpControl } from "./control-backups.ts";
import { damageNewest } from "./testing/fault-case.ts";
import { Installation } from "./testing/installation.ts";
import { withControlData } from "./testing/open-data.ts";

const hourMs = 3_600_000;
let installation: Installation;
before(async () => {
  installation = await Installation.start();
});
after(() => installation?.remove());

type Work<T> = (parts: Parameters<typeof backUpControl>[0]) => Promise<T>;
const withParts = <T>(work: Work<T>, clock = systemClock): Promise<T> =>
  withControlData(installation, (data) =>
    work({
      data,
      clock,
      random: systemRandom,
      log: silentLog,
      catalog: new Catalog({ outboxDir: null }),
      agent: (method, input, options) => installation.askAgent(method, input, options),
    }),
  );

describe("the control database", () => {
  test("is backed up into every vault and its catalog; old ones go, a dead process's leavings too", async () => {
    const tenantId = installation.config.controlTenantId;
    const clock = new ManualClock(Date.now() - 30 * 24 * hourMs);
    assert.equal(await withParts((parts) => backUpControl(parts, tenantId), clock), true);
    assert.equal(await withParts((parts) => backUpControl(parts, tenantId)), true);
    const { objects } = await installation.askAgent(listBackups, { tenantId });
    assert.deepEqual(objects.map(({ vault }) => vault).sort(), ["eu-north", "eu-west", "us-east"]);
    const { findings, catalogs } = await installation.askAgent(auditCatalog, { tenantId });
    assert.deepEqual([findings, catalogs.map(({ backups }) => backups.length)], [[], [1, 1, 1]]);
  });

  test("keeps every quarter of two hours, every hour of a day, every day of two weeks", () => {
    const nowMs = Date.parse("2026-11-22T12:00:00Z");
    const quarters = Array.from({ length: 4 * 24 * 30 }, (_, index) => nowMs - index * (hourMs / 4));
    const kept = controlBackupsToKeep(quarters, nowMs);
    assert.ok(
      kept.has(nowMs) && kept.size >= 9 + 22 + 13 && kept.size <= 9 + 23 + 14,
      `${kept.size} are kept`,
    );
    assert.deepEqual(controlBackupsToKeep([...kept], nowMs), kept);
  });
});

describe("a vault that is away", () => {
  test("delays a backup, stops nothing, and has it again when it is back", async () => {
    await installation.askControl(createCustomer, { name: "acme", demoData: false });
    const west = join(installation.folder.vaults, "eu-west");
    renameSync(west, `${west}.away`);
    writeFileSync(west, "no folder");
    const { backup } = await installation.askControl(takeCustomerBackup, { customer: "acme" });
    assert.equal(backup.state, "partial");
    assert.equal(backup.copies.filter(({ state }) => state === "stored").length, 2);
    assert.equal(await withParts((parts) => scheduleCatchUp(parts)), 0);
    rmSync(west);
    renameSync(`${west}.away`, west);
    assert.equal(await withParts((parts) => scheduleCatchUp(parts)), 1);
    await untilStored("acme");
    assert.equal(await withParts((parts) => scheduleCatchUp(parts)), 0);
  });
});

describe("a copy that is damaged", () => {
  test("is healed from another vault by the schedule, without a person; one that has no whole copy is not tried", async () => {
    await damageNewest(installation, "eu-north", "acme");
    const { backup } = await installation.askControl(verifyCustomerBackup, { customer: "acme" });
    assert.equal(backup.state, "damaged");
    // The same backup was copied a moment ago: it waits ten minutes for its next turn.
    const later = new ManualClock(Date.now() + hourMs / 2);
    assert.equal(await withParts((parts) => scheduleCatchUp(parts), later), 1);
    await untilStored("acme");
    assert.equal(await withParts((parts) => scheduleCatchUp(parts), later), 0);
    const vaults = ["eu-west", "eu-north", "us-east"];
    for (const vault of vaults) await damageNewest(installation, vault, "acme");
    await installation.askControl(verifyCustomerBackup, { customer: "acme" });
    const evenLater = new ManualClock(Date.now() + hourMs);
    assert.equal(await withParts((parts) => scheduleCatchUp(parts), evenLater), 0);
    for (const vault of vaults) await damageNewest(installation, vault, "acme", -1);
    await installation.askControl(verifyCustomerBackup, { customer: "acme" });
  });
});

async function untilStored(customer: string): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await wait(100)) {
    const { backups } = await installation.askControl(listCustomerBackups, { customer });
    if (backups[0]?.state === "stored") return;
    assert.ok(performance.now() < deadline, JSON.stringify(backups[0]));
  }
}

test("under a legal hold nothing is deleted, and without a newer proven backup neither", async () => {
  await installation.askControl(takeCustomerBackup, { customer: "acme" });
  await assert.rejects(
    installation.askControl(retireCustomerBackup, { customer: "acme" }),
    /no newer one is proven/,
  );
  const held = await installation.askControl(holdCustomer, { customer: "acme", reason: "case 4711" });
  assert.deepEqual([held.reason, held.heldSince !== null], ["case 4711", true]);
  const { backups } = await installation.askControl(listCustomerBackups, { customer: "acme" });
  const oldest = { customer: "acme", backupId: backups.at(-1)?.backupId };
  await assert.rejects(
    installation.askControl(retireCustomerBackup, oldest),
    /a legal hold lies on this customer/,
  );
});
