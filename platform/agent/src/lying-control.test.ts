import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BackupId, newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import * as methods from "@holdfast/protocol/agent-methods";
import * as backups from "@holdfast/protocol/backup-methods";
import { call } from "@holdfast/protocol/call";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import { strikeBackup } from "@holdfast/protocol/vault-methods";
import { type Agent, startAgent } from "./agent.ts";
import { systemUser } from "./system-user.ts";
import { temporaryDataFolder } from "./testing.ts";
import { deploy, makeTenant } from "./testing-agent.ts";

/** Whoever has the agent's socket asks for everything here, and states what suits it. */
const folder = temporaryDataFolder();
const dayMs = 86_400_000;
const head = { name: "acme", apps: [{ name: "base", version: "1" }], codeVersion: "1" };
const table = "CREATE TABLE note (id integer PRIMARY KEY)";
const start = () =>
  startAgent({
    folder,
    sync: false,
    ...(process.getuid?.() === 0 ? { serviceUser: systemUser("nobody") } : {}),
  });
let agent: Agent;
let acme: TenantId;
let target: TenantId;

const ask = <M extends Method>(method: M, input: InputOf<M>): Promise<OutputOf<M>> =>
  call(folder.agentSocket, method, input);

before(async () => {
  agent = await start();
  acme = await makeTenant(folder);
  await deploy(folder, acme, table, "INSERT INTO note VALUES (1)");
  target = await makeTenant(folder);
});
after(async () => {
  await agent?.close();
  folder.remove();
});

/** A backup that is stored and in every catalog, with a date that control states. */
async function stored(takenAtMs: number): Promise<{ tenantId: TenantId; backupId: BackupId }> {
  const ref = { tenantId: acme, backupId: newId<"backup">(Date.now(), systemRandom.bytes(10)) };
  const { sha256 } = await ask(backups.takeBackup, { ...ref, head });
  await ask(backups.verifyBackup, { ...ref, sha256, takenAt: new Date(takenAtMs).toISOString() });
  return ref;
}

async function prove(ref: { tenantId: TenantId; backupId: BackupId }): Promise<void> {
  await ask(methods.removeDatabase, { tenantId: target });
  await ask(methods.ensureDatabase, { tenantId: target, cluster: "main" });
  await deploy(folder, target, table);
  await ask(backups.loadBackup, { ...ref, targetTenantId: target });
  assert.equal((await ask(backups.compareBackup, { ...ref, targetTenantId: target })).equal, true);
}

const vaultsWith = async ({ backupId }: { backupId: BackupId }): Promise<number> =>
  (await ask(backups.listBackups, { tenantId: acme })).objects.filter((each) => each.backupId === backupId)
    .length;

test("a control that lies has no stored backup deleted that the plan needs or that no newer proven one follows", async () => {
  const old = await stored(Date.now() - 2 * dayMs);
  const genuine = await stored(Date.now() - 2_000);
  await assert.rejects(ask(backups.removeBackup, old), /a signed catalog names it/);
  await assert.rejects(ask(strikeBackup, old), /saw no newer one proven/);
  // The live database is equal to its backup: that proves nothing of what lies in the vaults.
  await ask(backups.compareBackup, { ...genuine, targetTenantId: acme });
  await assert.rejects(ask(strikeBackup, old), /saw no newer one proven/);
  await prove(genuine);
  await assert.rejects(ask(strikeBackup, genuine), /saw no newer one proven/);
  await assert.rejects(ask(strikeBackup, old), /the plan of daily/);
  assert.deepEqual([await vaultsWith(old), await vaultsWith(genuine)], [3, 3]);
});

test("nor with dates that it made up: when the vaults got a backup counts too", async () => {
  const yesterday = await stored(Date.now() - dayMs);
  const at = new Date(Date.now() - dayMs);
  for (const vault of ["eu-west", "eu-north", "us-east"])
    utimesSync(join(folder.vaults, vault, "store", acme, `${yesterday.backupId}.hfb`), at, at);
  const posing = await stored(Date.now() - dayMs + 1_000);
  await prove(posing);
  await assert.rejects(ask(strikeBackup, yesterday), /the plan of daily/);
});

test("a proof that was edited proves nothing; an honest one outlives the agent and lets a needless backup go", async () => {
  const now = Date.now();
  const needless = await stored(now);
  const newer = await stored(now + 1);
  await prove(newer);
  await agent.close();
  const path = join(folder.proofs, `${acme}.json`);
  const honest = readFileSync(path, "utf8");
  writeFileSync(path, honest.replace(newer.backupId, needless.backupId));
  agent = await start();
  await assert.rejects(ask(strikeBackup, needless), /saw no newer one proven/);
  writeFileSync(path, honest);
  assert.deepEqual(await ask(strikeBackup, needless), { failed: [] });
  assert.equal((await ask(backups.removeBackup, needless)).changed, true);
  assert.equal(await vaultsWith(needless), 0);
});

test("what was never stored, and what nobody can open any more, goes", async () => {
  const left = { tenantId: acme, backupId: newId<"backup">(Date.now(), systemRandom.bytes(10)) };
  await ask(backups.takeBackup, { ...left, head });
  assert.equal((await ask(backups.removeBackup, left)).changed, true);
  const last = await stored(Date.now());
  await ask(methods.shredKey, { tenantId: acme });
  assert.equal((await ask(backups.removeBackup, last)).changed, true);
});
