import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chownSync,
  createReadStream,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { objectPath } from "@holdfast/backups/file-objects";
import { type BackupId, newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { fileKeyPurpose, openStream, sealStream } from "@holdfast/kernel/sealed-stream";
import { allKeysFor, keyFor, type TenantKeys } from "@holdfast/kernel/tenant-keys";
import * as methods from "@holdfast/protocol/agent-methods";
import { keysIn } from "@holdfast/protocol/agent-methods";
import * as backups from "@holdfast/protocol/backup-methods";
import * as dataKeys from "@holdfast/protocol/data-key-methods";
import { auditCatalog, holdCatalogs, shredCertificate, strikeBackup } from "@holdfast/protocol/vault-methods";
import type { Agent } from "./agent.ts";
import { temporaryDataFolder } from "./testing.ts";
import { askingOf, backupHead, deploy, makeTenant, startTestingAgent } from "./testing-agent.ts";

/** Whoever has the agent's socket asks for everything here, and states what suits it. */
const folder = temporaryDataFolder();
const dayMs = 86_400_000;
const head = backupHead;
const table = "CREATE TABLE note (id integer PRIMARY KEY)";
const start = () => startTestingAgent(folder);
let agent: Agent;
let acme: TenantId;
let target: TenantId;

const ask = askingOf(folder);

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
async function stored(
  takenAtMs: number,
  tenantId = acme,
): Promise<{ tenantId: TenantId; backupId: BackupId }> {
  const ref = { tenantId, backupId: newId<"backup">(Date.now(), systemRandom.bytes(10)) };
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

/** As a server stores a file. @returns its digest. */
async function putFile(filesDir: string, keys: TenantKeys, content: string): Promise<string> {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const path = objectPath({ path: filesDir }, sha256);
  mkdirSync(dirname(path), { recursive: true });
  const seal = sealStream(keyFor(keys, fileKeyPurpose));
  writeFileSync(path, await buffer(Readable.from([Buffer.from(content)]).pipe(seal)));
  const { uid, gid } = statSync(filesDir);
  for (const each of [dirname(path), path]) chownSync(each, uid, gid);
  return sha256;
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
  // Nor is one newer that only says so, and lay in the vaults before.
  const early = await stored(Date.now() + 3_600_000);
  const before = new Date(Date.now() - 60_000);
  for (const vault of ["eu-west", "eu-north", "us-east"])
    utimesSync(join(folder.vaults, vault, "store", acme, `${early.backupId}.hfb`), before, before);
  await prove(early);
  await assert.rejects(ask(strikeBackup, await stored(Date.now())), /saw no newer one proven/);
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

test("a legal hold in the signed catalogs keeps every backup and the key, also of a control that knows of none", async () => {
  const tenantId = await makeTenant(folder);
  await deploy(folder, tenantId, table, "INSERT INTO note VALUES (1)");
  const hold = { since: "2026-01-02T03:04:05.000Z", reason: "case 4711" };
  const [older, newer] = [await stored(Date.now(), tenantId), await stored(Date.now() + 1, tenantId)];
  await prove(newer);
  assert.deepEqual(await ask(holdCatalogs, { tenantId, hold }), { failed: [] });
  // It stays with every later change.
  await stored(Date.now() + 2, tenantId);
  await assert.rejects(ask(strikeBackup, older), /legal hold .* case 4711/);
  await assert.rejects(ask(methods.shredKey, { tenantId, subject: "held" }), /legal hold/);
  const { catalogs, findings } = await ask(auditCatalog, { tenantId });
  assert.deepEqual([catalogs.map(({ held }) => held), findings], [[hold, hold, hold], []]);
  await ask(holdCatalogs, { tenantId, hold: null });
  assert.deepEqual(await ask(strikeBackup, older), { failed: [] });
});

test("a data key is changed while files are written; the former goes only when nothing is under it, whatever control says", async () => {
  const tenantId = await makeTenant(folder);
  await deploy(folder, tenantId, table, "INSERT INTO note VALUES (1)");
  const wish = { tenantId, generation: 1, subject: "globex", now: true };
  const { filesDir, ...first } = await ask(methods.openTenant, { tenantId });
  const ring = keysIn(first);
  const put = (keys: TenantKeys, content: string) => putFile(filesDir, keys, content);
  const read = (keys: TenantKeys, sha256: string) =>
    text(
      createReadStream(objectPath({ path: filesDir }, sha256)).pipe(
        openStream(allKeysFor(keys, fileKeyPurpose)),
      ),
    );
  const letter = await put(ring, "before");
  const before = await stored(Date.now(), tenantId);
  assert.equal((await ask(dataKeys.renewDataKey, { tenantId, from: 1 })).changed, true);
  const late = await put(ring, "by a server that does not know yet");
  const renewed = keysIn(await ask(methods.openTenant, { tenantId }));
  assert.equal(await read(renewed, letter), "before");
  assert.match(await read(renewed, late), /does not know yet/);
  const after = await stored(Date.now() + 1, tenantId);
  for (const ref of [before, after]) await prove(ref);
  await assert.rejects(ask(dataKeys.destroyFormerKey, { ...wish, now: false }), /may not have ended/);
  await assert.rejects(ask(dataKeys.destroyFormerKey, wish), /names backups under it/);
  await assert.rejects(ask(dataKeys.destroyFormerKey, { ...wish, generation: 2 }), { code: "conflict" });
  const { catalogs } = await ask(auditCatalog, { tenantId });
  for (const { backups: listed } of catalogs)
    assert.deepEqual(
      [before, after].map(({ backupId }) => listed.find((each) => each.backupId === backupId)?.generation),
      [undefined, 2],
    );
  const batch = await ask(dataKeys.resealStoredFiles, { tenantId, after: "" });
  assert.deepEqual([batch.resealed, batch.next, batch.damaged], [2, null, 0]);
  const alone = { dataKey: renewed.dataKey };
  assert.equal(await read(alone, letter), "before");
  const slow = await put(ring, "stored by an upload that took long");
  assert.deepEqual(await ask(strikeBackup, before), { failed: [] });
  await ask(backups.removeBackup, before);
  assert.equal((await ask(dataKeys.destroyFormerKey, wish)).changed, true);
  assert.equal((await ask(dataKeys.destroyFormerKey, wish)).changed, false);
  const left = await ask(methods.openTenant, { tenantId });
  assert.deepEqual(left.otherKeys, []);
  for (const sha256 of [letter, late, slow]) assert.ok((await read(keysIn(left), sha256)).length > 0);
  const signed = await ask(shredCertificate, { tenantId, generation: 1 });
  assert.match(signed.certificate, /Number 1 of this customer's data keys was destroyed/);
  assert.deepEqual((await ask(auditCatalog, { tenantId })).findings, []);
  await prove(after);
});

test("what was never stored, and what nobody can open any more, goes", async () => {
  const left = { tenantId: acme, backupId: newId<"backup">(Date.now(), systemRandom.bytes(10)) };
  await ask(backups.takeBackup, { ...left, head });
  assert.equal((await ask(backups.removeBackup, left)).changed, true);
  const last = await stored(Date.now());
  await ask(methods.shredKey, { tenantId: acme });
  assert.equal((await ask(backups.removeBackup, last)).changed, true);
});
