import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTenant } from "@holdfast/protocol/agent-methods";
import { showCustomer, takeCustomerBackup, verifyCustomerBackup } from "@holdfast/protocol/control-methods";
import { rotateRootKey } from "@holdfast/protocol/vault-methods";
import { base } from "../fault-case.ts";
import { dieAt } from "./agent-writes.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import type { Stage } from "./stage.ts";
import { expectAlarm } from "./vaults.ts";

const kills = { quick: 4, whole: 40 } as const;
/** Longer than a place may not answer. */
const silentHours = 0.2;

/** The root key changed, keys and their copies lost: none may be lost for good, and none come back that was destroyed. */
export function keyFaults(): Fault[] {
  return [rotation(kills.quick, true), rotation(kills.whole, false), lostReplica, lostKeystore, rottenRecord];
}

function rotation(count: number, quick: boolean): Fault {
  return {
    name: `keys/the root key is changed, the agent killed at ${count} of its writes`,
    count,
    quick,
    alarm: null,
    run: async (stage) => {
      const { installation } = stage;
      const before = await stage.look();
      const key = await keyOf(stage);
      installation.dieAt.arm(Number.POSITIVE_INFINITY);
      await installation.askAgent(rotateRootKey, {});
      const writes = installation.dieAt.disarm();
      for (let kill = 0; kill < count; kill++) {
        // In order where there are enough, so that every write has its turn; else drawn.
        const at = count >= writes ? 1 + (kill % writes) : 1 + Math.floor(stage.random() * writes);
        await dieAt(stage, at, () => installation.askAgent(rotateRootKey, {}));
        assert.equal(await keyOf(stage), key, `killed before write ${at} of ${writes}: the key opens`);
        assert.ok(!existsSync(`${installation.folder.rootKey}.next`), "the change was finished");
        sameEverywhere(stage);
      }
      await whole(stage);
      await stage.judge(before);
    },
  };
}

const lostReplica: Fault = {
  name: "keys/a replica of the keystore is lost",
  count: 1,
  quick: true,
  alarm: "keystore.replica",
  run: async (stage) => {
    const { installation } = stage;
    const before = await stage.look();
    const first = join(installation.folder.replicas, "first");
    await stage.alarmsIn(0);
    renameSync(first, `${first}.away`);
    try {
      await expectAlarm(stage, "keystore.replica", silentHours);
      const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
      assert.equal(backup.state, "stored", "backups go on");
    } finally {
      rmSync(`${first}.away`, { recursive: true });
    }
    await agentAnew(stage);
    sameEverywhere(stage);
    const left = (await stage.alarmsIn(0)).filter(({ code }) => code === "keystore.replica");
    assert.deepEqual(left, [], "a new disk in its place has every key, and the alarm is over");
    await stage.judge(before);
  },
};

const lostKeystore: Fault = {
  name: "keys/the keystore is empty when the agent starts, as on a disk that is not mounted",
  count: 1,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const { installation } = stage;
    const before = await stage.look();
    const key = await keyOf(stage);
    await installation.agent.kill();
    for (const name of readdirSync(installation.folder.keystore))
      rmSync(join(installation.folder.keystore, name));
    await installation.startAgent();
    assert.equal(await keyOf(stage), key, "every key came back from a replica");
    sameEverywhere(stage);
    await whole(stage);
    await stage.judge(before);
  },
};

const rottenRecord: Fault = {
  name: "keys/one bit of a wrapped key rots in the keystore, then in a replica",
  count: 2,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const { installation } = stage;
    const before = await stage.look();
    const key = await keyOf(stage);
    const { tenantId } = await installation.askControl(showCustomer, { name: base });
    for (const folder of [installation.folder.keystore, join(installation.folder.replicas, "second")]) {
      const path = join(folder, `${tenantId}.json`);
      const bytes = readFileSync(path);
      const at = Math.floor(stage.random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      await agentAnew(stage);
      if ((await keyOf(stage)) !== key) throw new Unnoticed(`byte ${at} of the record gives another key`);
      sameEverywhere(stage);
    }
    await stage.judge(before);
  },
};

async function keyOf({ installation }: Stage): Promise<string> {
  const { tenantId } = await installation.askControl(showCustomer, { name: base });
  return (await installation.askAgent(openTenant, { tenantId })).dataKey;
}

async function agentAnew({ installation }: Stage): Promise<void> {
  await installation.agent.kill();
  await installation.startAgent();
}

function sameEverywhere({ installation: { folder } }: Stage): void {
  const records = (path: string): string[] =>
    readdirSync(path)
      .filter((name) => name.endsWith(".json"))
      .map((name) => `${name} ${readFileSync(join(path, name), "utf8")}`)
      .sort();
  const wanted = records(folder.keystore);
  for (const name of ["first", "second"]) assert.deepEqual(records(join(folder.replicas, name)), wanted);
}

async function whole({ installation }: Stage): Promise<void> {
  const { backup } = await installation.askControl(verifyCustomerBackup, { customer: base });
  assert.equal(backup.state, "stored", "its backups open");
}
