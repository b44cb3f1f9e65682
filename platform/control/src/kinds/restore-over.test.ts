import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { partnerModel } from "@holdfast/app-base/partner";
import { present } from "@holdfast/kernel/assert";
import { inventory } from "@holdfast/protocol/agent-methods";
import {
  createCustomer,
  forgetReplaced,
  listCustomerBackups,
  preflightRestore,
  proveCustomerBackup,
  restoreOverLive,
  takeCustomerBackup,
  undoLastRestore,
} from "@holdfast/protocol/control-methods";
import { controlActor } from "../actor.ts";
import { damageNewest } from "../testing/fault-case.ts";
import { Installation } from "../testing/installation.ts";
import { type OpenedData, openCustomerData } from "../testing/open-data.ts";
import { snapshot } from "../testing/snapshot.ts";

const customer = "acme";
let installation: Installation;
let live: OpenedData;

before(async () => {
  installation = await Installation.start();
  await installation.askControl(createCustomer, { name: customer, demoData: true });
  await installation.askControl(takeCustomerBackup, { customer });
  live = await openCustomerData(installation, customer);
});
after(async () => {
  await live?.close();
  await installation?.remove();
});

const addPartner = (name: string) =>
  live.writing(controlActor, (env) => env.of(partnerModel).create([{ name }]));
const hasPartner = async (name: string) =>
  (await live
    .reading(controlActor)
    .of(partnerModel)
    .count([["name", "=", name]])) > 0;

test("a restore over live is looked at before: space, versions, key, time, what can be undone", async () => {
  const seen = await installation.askControl(preflightRestore, { customer });
  assert.equal(seen.ready, true, JSON.stringify(seen.findings));
  assert.deepEqual(
    seen.findings.map(({ about, level }) => [about, level]),
    [
      ["key", "fine"],
      ["copies", "fine"],
      ["versions", "fine"],
      ["space", "fine"],
      ["undo", "fine"],
    ],
  );
  assert.ok(seen.forecastSeconds > 0 && seen.forecastSeconds < 600);
});

test("another name than the database's confirms nothing", async () => {
  const wish = { customer, confirm: "acm" };
  await assert.rejects(installation.askControl(restoreOverLive, wish), /does not say "acme"/);
});

test("live serves until the swap; then it is as it was; undoing brings every acknowledged write back, twice", async () => {
  await addPartner("after the backup");
  const service = serve();
  const restored = await installation.askControl(restoreOverLive, { customer, confirm: customer });
  const { written, longestPauseMs, reads } = await service.stop();
  assert.ok(reads > 20 && written.length > 0, "it was in use meanwhile");
  assert.ok(longestPauseMs < 1_000, `it was away for ${longestPauseMs} ms`);
  assert.equal(await hasPartner("after the backup"), false);

  await installation.askControl(undoLastRestore, { customer, confirm: customer });
  assert.equal(await hasPartner("after the backup"), true);
  const before = written.filter(({ at }) => at < Date.parse(restored.undoUntil) - 72 * 3_600_000);
  for (const { name } of before) assert.ok(await hasPartner(name), `${name} was acknowledged`);

  await installation.askControl(undoLastRestore, { customer, confirm: customer });
  assert.equal(await hasPartner("after the backup"), false);
  await installation.askControl(forgetReplaced, { customer, confirm: customer });
  const undo = installation.askControl(undoLastRestore, { customer, confirm: customer });
  await assert.rejects(undo, /no restore of "acme" that could be undone/);
});

test("the safety backup holds what was live, and can be restored itself", async () => {
  await addPartner("only in the safety backup");
  const { safetyBackup } = await installation.askControl(restoreOverLive, {
    customer,
    confirm: customer,
    backupId: present((await backups()).at(-1), "the first backup").backupId,
  });
  assert.equal(await hasPartner("only in the safety backup"), false);
  const backupId = present(safetyBackup, "a safety backup");
  await installation.askControl(restoreOverLive, { customer, confirm: customer, backupId });
  assert.equal(await hasPartner("only in the safety backup"), true);
});

test("a proof restores, compares and drops; what cannot be proven says why and leaves nothing", async () => {
  const { backup } = await installation.askControl(takeCustomerBackup, { customer });
  assert.equal(backup.proven, false);
  const state = async () =>
    (await snapshot(installation)).filter((line) => !/row of (backup|copy)/.test(line));
  const before = await state();
  const wish = { customer, backupId: backup.backupId };
  assert.equal((await installation.askControl(proveCustomerBackup, wish)).backup.proven, true);
  assert.deepEqual(await state(), before);
});

test("when every copy is damaged it refuses, names the places, and leaves nothing but the safety backup", async () => {
  const { backup } = await installation.askControl(takeCustomerBackup, { customer });
  for (const vault of ["eu-west", "eu-north", "us-east"]) await damageNewest(installation, vault, customer);
  const state = async () =>
    (await snapshot(installation)).filter((line) => !/\.hfb|row of (backup|copy of)/.test(line));
  const before = await state();
  const wish = { customer, confirm: customer, backupId: backup.backupId };
  await assert.rejects(
    installation.askControl(restoreOverLive, wish),
    /no vault has an intact copy.*eu-west: .*at byte \d+.*eu-north: .*at byte \d+.*us-east: .*at byte \d+/,
  );
  await assert.rejects(
    installation.askControl(proveCustomerBackup, { customer, backupId: wish.backupId }),
    /no vault has an intact copy/,
  );
  assert.deepEqual(await state(), before);
  const { databases } = await installation.askAgent(inventory, {});
  assert.deepEqual(
    databases.filter(({ name }) => name.startsWith("n_")),
    [],
  );
  const left = await installation.askControl(listCustomerBackups, { customer });
  assert.deepEqual(
    left.backups.filter(({ state }) => state === "taking"),
    [],
    "a safety backup that was never begun is not being taken for ever",
  );
});

async function backups() {
  return (await installation.askControl(listCustomerBackups, { customer })).backups.filter(
    ({ state }) => state === "stored",
  );
}

/** Somebody at work: reads and writes without a pause, and what they noticed. */
function serve() {
  const written: { name: string; at: number }[] = [];
  let [going, reads, longestPauseMs, wellAt] = [true, 0, 0, performance.now()];
  const worked = (async () => {
    for (let turn = 0; going; turn++) {
      const name = `meanwhile ${turn}`;
      try {
        if (turn % 10 === 0) {
          await addPartner(name);
          written.push({ name, at: Date.now() });
        } else await live.reading(controlActor).of(partnerModel).count([]);
        longestPauseMs = Math.max(longestPauseMs, performance.now() - wellAt);
        wellAt = performance.now();
        reads += 1;
      } catch {
        // Somebody would press again.
      }
    }
  })();
  return {
    stop: async () => {
      going = false;
      await worked;
      return { written, reads, longestPauseMs };
    },
  };
}
