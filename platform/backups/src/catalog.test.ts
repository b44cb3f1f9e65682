import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { beforeEach, describe, test } from "node:test";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { auditCatalog } from "./catalog-audit.ts";
import { type CatalogEntry, headDigest, openHead, signHead } from "./catalog-head.ts";
import { type CatalogMemory, changeCatalog, noMemory } from "./catalog-store.ts";
import { sealHeader } from "./container.ts";
import { storePath } from "./keeper.ts";
import { headName, objectName } from "./object-name.ts";
import { newTestId, type TestVaults, threeVaults } from "./testing/vaults.ts";

let vaults: TestVaults;
let owner: { tenantId: TenantId; dataKey: Uint8Array };
let memory: CatalogMemory;
let entries: CatalogEntry[];

beforeEach(async () => {
  vaults = await threeVaults();
  owner = { tenantId: newTestId<"tenant">(), dataKey: randomBytes(32) };
  memory = noMemory;
  entries = [];
  for (const day of ["01", "02", "03"]) await store(`2026-11-${day}T04:00:00.000Z`);
});

const nowMs = Date.now();

/** Puts a backup into every vault and enters it into each catalog. */
async function store(takenAt: string): Promise<BackupId> {
  const backupId = newTestId<"backup">();
  const { header } = sealHeader({ tenantId: owner.tenantId, backupId }, owner.dataKey, systemRandom);
  const bytes = Buffer.concat([header, randomBytes(500)]);
  for (const vault of vaults.vaults) await vault.put(objectName(owner.tenantId, backupId), once(bytes));
  const entry = { backupId, takenAt, bytes: bytes.byteLength, sha256: headDigest(bytes) };
  entries.push(entry);
  const done = await changeCatalog(vaults.vaults, owner, { change: () => ({ add: [entry] }), memory, nowMs });
  assert.deepEqual(
    done.heads.map(({ kind }) => kind),
    ["signed", "signed", "signed"],
  );
  memory = done.memory;
  return backupId;
}

async function* once(bytes: Buffer) {
  yield bytes;
}

const audit = (known = memory) => auditCatalog(vaults.vaults, owner, { memory: known, nowMs });
const found = async (known = memory) =>
  (await audit(known)).findings.map(({ kind, vault, backupId }) => [
    kind,
    vault,
    ...(backupId ? [backupId] : []),
  ]);
const at = (name: Parameters<typeof storePath>[1], vault = 0) => storePath(vaults.specs[vault]!.path, name);
const backup = (index: number) => objectName(owner.tenantId, entries[index]!.backupId);
const head = (counter: number) => headName(owner.tenantId, counter);

describe("the signed catalog", () => {
  test("says nothing where nobody did anything, and lists every backup by its time", async () => {
    const { findings, catalogs } = await audit();
    assert.deepEqual(findings, []);
    assert.deepEqual(
      catalogs.map(({ counter, backups }) => [counter, backups]),
      Array(3).fill([3, entries]),
    );
  });

  test("names a dropped backup, a dropped head and a dropped catalog", async () => {
    await rm(at(backup(1)));
    assert.deepEqual(await found(), [["dropped", "eu-west", entries[1]!.backupId]]);
    await rm(at(head(2), 1));
    assert.ok((await found()).some(([kind, vault]) => kind === "dropped" && vault === "eu-north"));
    for (const counter of [1, 2, 3]) await rm(at(head(counter), 2));
    assert.ok((await found()).some(([kind, vault]) => kind === "dropped" && vault === "us-east"));
  });

  test("names a backup that was swapped for another genuine one, and one of another customer", async () => {
    const one = await readFile(at(backup(0)));
    await chmod(at(backup(1)), 0o600);
    await writeFile(at(backup(1)), one);
    assert.deepEqual(await found(), [["swapped", "eu-west", entries[1]!.backupId]]);
    await writeFile(at(backup(1)), randomBytes(one.byteLength));
    assert.deepEqual(await found(), [["swapped", "eu-west", entries[1]!.backupId]]);
  });

  test("names heads that were reordered, or put into another vault", async () => {
    await cp(at(head(1)), `${at(head(1))}.aside`);
    await rename(at(head(2)), at(head(1)));
    await rename(`${at(head(1))}.aside`, at(head(2)));
    assert.equal(
      (await found()).filter(([kind, vault]) => kind === "reordered" && vault === "eu-west").length,
      2,
    );
    await rm(at(head(3), 1));
    await cp(at(head(3), 2), at(head(3), 1));
    assert.ok((await found()).some(([kind, vault]) => kind === "reordered" && vault === "eu-north"));
    const { catalogs } = await audit();
    assert.equal(catalogs.find(({ vault }) => vault === "eu-north")?.counter, 2, "another vault's is none");
  });

  test("names a catalog that was replayed, with the memory of the last one, and without it from the other vaults", async () => {
    await rm(at(head(3)));
    assert.deepEqual(await found(), [
      ["replayed", "eu-west"],
      ["behind", "eu-west"],
    ]);
    assert.deepEqual(await found(noMemory), [["behind", "eu-west"]]);
    // Of the right number, and not what was written under it.
    const written = { counter: 3, sha256: "0".repeat(64) };
    const others = { ...memory, vaults: { ...memory.vaults, "eu-north": written } };
    assert.ok((await found(others)).some(([kind, vault]) => kind === "replayed" && vault === "eu-north"));
    for (const vault of [1, 2]) await rm(at(head(3), vault));
    assert.deepEqual(
      await found(),
      ["eu-west", "eu-north", "us-east"].map((vault) => ["replayed", vault]),
    );
  });

  test("names a head that the customer's key did not sign, and goes on with the newest that it did", async () => {
    const forged = { ...openHead(await readFile(at(head(3))), owner)!, backups: [] };
    await chmod(at(head(3)), 0o600);
    await writeFile(at(head(3)), signHead(forged, randomBytes(32)));
    const { findings, catalogs } = await audit();
    assert.ok(findings.some(({ kind, vault }) => kind === "forged" && vault === "eu-west"));
    assert.equal(catalogs.find(({ vault }) => vault === "eu-west")?.counter, 2);
  });

  test("names an object that no catalog has, once it is older than a day", async () => {
    const name = objectName(owner.tenantId, newTestId<"backup">());
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), "x");
    assert.deepEqual(await found(), []);
    await utimes(at(name), nowMs / 1_000 - 90_000, nowMs / 1_000 - 90_000);
    assert.deepEqual(
      (await found()).map(([kind]) => kind),
      ["unlisted"],
    );
  });

  test("is not signed over where somebody changed it: a replayed vault gets no new head", async () => {
    await rm(at(head(3)));
    const change = () => ({ remove: [entries[0]!.backupId] });
    const done = await changeCatalog(vaults.vaults, owner, { change, memory, nowMs });
    assert.deepEqual(
      done.heads.map(({ kind }) => kind),
      ["failed", "signed", "signed"],
    );
    const adopted = await changeCatalog(vaults.vaults, owner, { change, memory, nowMs, adopt: true });
    assert.deepEqual(
      adopted.heads.map(({ kind }) => kind),
      ["signed", "signed", "signed"],
    );
  });

  test("leaves numbers out where a vault was away, and its chain stays whole", async () => {
    const others = vaults.vaults.slice(1);
    const later = { ...entries[2]!, backupId: newTestId<"backup">(), takenAt: "2026-11-04T04:00:00.000Z" };
    const done = await changeCatalog(others, owner, { change: () => ({ add: [later] }), memory, nowMs });
    memory = done.memory;
    assert.ok((await found()).some(([kind, vault]) => kind === "behind" && vault === "eu-west"));
    memory = (
      await changeCatalog(vaults.vaults, owner, {
        change: () => ({ remove: [later.backupId] }),
        memory,
        nowMs,
      })
    ).memory;
    assert.deepEqual(await found(), []);
  });

  test("writes no head when there is nothing new", async () => {
    const again = await changeCatalog(vaults.vaults, owner, {
      change: () => ({ add: [entries[2]!] }),
      memory,
      nowMs,
    });
    assert.deepEqual(again.memory, memory);
  });
});
