import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { SftpVaultSpec } from "@holdfast/backups/sftp-connection";
import { type SftpServer, startSftpServer } from "@holdfast/backups/testing/sftp-server";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { listVaults } from "@holdfast/protocol/agent-methods";
import * as backups from "@holdfast/protocol/backup-methods";
import * as vaults from "@holdfast/protocol/vault-methods";
import type { Agent } from "./agent.ts";
import { temporaryDataFolder } from "./testing.ts";
import { askingOf, backupHead, deploy, makeTenant, startTestingAgent } from "./testing-agent.ts";

const folder = temporaryDataFolder();
const start = () => startTestingAgent(folder);
let agent: Agent;
let server: SftpServer;
let acme: TenantId;

const ask = askingOf(folder);
const head = backupHead;

before(async () => {
  [agent, server] = await Promise.all([start(), startSftpServer()]);
  acme = await makeTenant(folder);
  await deploy(folder, acme, "CREATE TABLE note (id integer PRIMARY KEY)", "INSERT INTO note VALUES (1)");
});
after(async () => {
  await server?.stop();
  await agent?.close();
  folder.remove();
});

function settings() {
  const { host, port, hostKey, path, place } = server.writer;
  const login = ({ user, privateKey }: SftpVaultSpec) => ({ user, privateKey });
  const where = { ...place, name: "north", continent: "Europe" as const, attestations: ["ISO 27001"] };
  const roles = { writer: login(server.writer), retention: login(server.retention) };
  return { kind: "sftp" as const, ...where, host, port, hostKey, path, ...roles };
}

test("a vault is added once it was seen to work, its secrets sealed; one that does not work is not", async () => {
  await assert.rejects(ask(vaults.addVault, { ...settings(), port: 1 }), /does not work/);
  assert.equal(existsSync(folder.vaultsFile), false);
  const check = await ask(vaults.addVault, settings());
  assert.deepEqual([check.works, check.enforced], [true, server.enforces]);
  await assert.rejects(ask(vaults.addVault, settings()), { code: "conflict" });
  assert.equal(statSync(folder.vaultsFile).mode & 0o777, 0o600);
  assert.ok(!readFileSync(folder.vaultsFile, "utf8").includes("PRIVATE KEY"));
  const listed = await ask(listVaults, {});
  assert.deepEqual(
    listed.vaults.map(({ name }) => name),
    ["eu-west", "eu-north", "us-east", "north"],
  );
  assert.ok(!JSON.stringify(listed).includes("PRIVATE KEY"));
});

test("a backup goes there too, is in its signed catalog, heals there and is deleted there, also after a restart", async () => {
  await agent.close();
  agent = await start();
  const backupId = newId<"backup">(Date.now(), systemRandom.bytes(10));
  const ref = { tenantId: acme, backupId };
  const { sha256 } = await ask(backups.takeBackup, { ...ref, head });
  const takenAt = new Date().toISOString();
  const { copies } = await ask(backups.verifyBackup, { ...ref, sha256, takenAt });
  assert.deepEqual(copies.map(({ vault, state }) => [vault, state]).at(-1), ["north", "stored"]);
  const audit = await ask(vaults.auditCatalog, { tenantId: acme });
  assert.deepEqual([audit.findings, audit.catalogs.length], [[], 4]);
  const object = join(server.folder, "store", acme, `${backupId}.hfb`);
  assert.ok(existsSync(object));
  await server.kill();
  const without = await ask(backups.verifyBackup, { ...ref, sha256 });
  assert.equal(without.copies.find(({ vault }) => vault === "north")?.state, "away");
  const { checks } = await ask(vaults.checkVaults, { quick: true });
  assert.deepEqual(
    checks.filter(({ works }) => !works).map(({ vault }) => vault),
    ["north"],
  );
  const missed = { tenantId: acme, backupId: newId<"backup">(Date.now(), systemRandom.bytes(10)) };
  const partly = await ask(backups.takeBackup, { ...missed, head });
  assert.deepEqual(
    partly.failed.map(({ vault, trouble }) => [vault, trouble]),
    [["north", "away"]],
  );
  await server.start();
  const healed = await ask(backups.healBackup, { ...missed, sha256: partly.sha256 });
  assert.deepEqual([healed.healed, healed.failed], [["north"], []]);
  await ask(backups.verifyBackup, { ...missed, takenAt: new Date().toISOString() });
  await assert.rejects(ask(vaults.strikeBackup, ref), /saw no newer one proven/);
  const targetTenantId = await makeTenant(folder);
  await deploy(folder, targetTenantId, "CREATE TABLE note (id integer PRIMARY KEY)");
  await ask(backups.loadBackup, { ...missed, targetTenantId });
  assert.equal((await ask(backups.compareBackup, { ...missed, targetTenantId })).equal, true);
  assert.deepEqual((await ask(vaults.strikeBackup, ref)).failed, []);
  assert.deepEqual(await ask(backups.removeBackup, ref), { changed: true, left: [] });
  assert.ok(!existsSync(object));
});

test("a vault is forgotten, but never one of the last three", async () => {
  assert.equal((await ask(vaults.removeVault, { name: "north" })).changed, true);
  assert.equal((await ask(vaults.removeVault, { name: "north" })).changed, false);
  await assert.rejects(ask(vaults.removeVault, { name: "eu-west" }), /at least 3 wanted/);
});

test("no folder of the system becomes a vault", async () => {
  const place = {
    name: "here",
    dataCenter: "x",
    city: "x",
    country: "FR",
    continent: "Europe" as const,
    provider: "x",
  };
  for (const path of ["/etc", "/root", join(folder.root, "nothing"), folder.root])
    await assert.rejects(ask(vaults.addVault, { kind: "directory", ...place, path }), /is no empty folder/);
});
