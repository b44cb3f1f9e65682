import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { psql, startCluster } from "@holdfast/backups/testing/cluster";
import { usersModel } from "@holdfast/framework/identity/models";
import { present } from "@holdfast/kernel/assert";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { BackupTransfer } from "@holdfast/panel/backup";
import { call } from "@holdfast/protocol/call";
import { download, upload } from "@holdfast/protocol/call-bytes";
import {
  createCustomer,
  listCustomerBackups,
  listOperations,
  preflightRestore,
  resolveHosts,
  restoreOverLive,
  showCustomer,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import { dueOutgoing, noteOutgoing } from "@holdfast/protocol/outgoing-methods";
import { listShreddedKeys } from "@holdfast/protocol/retention-methods";
import { ownCancel } from "@holdfast/protocol/self-service-methods";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import {
  appendToUpload,
  beginUpload,
  dropUpload,
  lookAtUpload,
  takeUpload,
  uploadBlockBytes,
} from "@holdfast/protocol/upload-methods";
import { controlActor } from "../actor.ts";
import { Installation } from "../testing/installation.ts";
import { withControlData, withCustomerData } from "../testing/open-data.ts";
import { snapshot } from "../testing/snapshot.ts";

let installation: Installation;
let backupId: Awaited<ReturnType<typeof taken>>;
let zip: Buffer;
const folder = mkdtempSync(join(tmpdir(), "hf-zip-"));
const by = "ann@acme.example from 127.0.0.1";

before(async () => {
  installation = await Installation.start();
  await installation.askControl(createCustomer, { name: "acme", demoData: true });
  await installation.askControl(createCustomer, { name: "globex" });
  backupId = await taken("acme");
});
after(async () => {
  await installation?.remove();
  rmSync(folder, { recursive: true });
});

async function taken(customer: string) {
  return (await installation.askControl(takeCustomerBackup, { customer })).backup.backupId;
}
const fetched = (input: { fromByte?: number; toByte?: number }, customer = "acme") =>
  download(installation.folder.controlSocket, downloadBackup, { of: { customer }, backupId, by, ...input });
/** As the server asks: by its own door. */
const asServer = <M extends Method>(method: M, input: InputOf<M>): Promise<OutputOf<M>> =>
  call(installation.folder.controlServerSocket, method, input);
const brought = (body: Readable, customer = "globex") =>
  upload(installation.folder.controlSocket, uploadBackup, { input: { of: { customer }, by }, body });

test("a backup comes as a zip whose size is known before its first byte; one may stop reading at any time", async () => {
  const broken = (await fetched({})).body;
  const [first] = await broken.take(1).toArray();
  assert.ok(first.length > 0);
  broken.destroy();
  const { head, body } = await fetched({});
  zip = await buffer(body);
  assert.equal(zip.byteLength, head.bytes);
  assert.match(head.fileName, /^acme-\d{4}-\d\d-\d\d-\d\d-\d\d\.zip$/);
});

test("a download that was broken off goes on at any byte", async () => {
  const at = 12_345;
  const rest = await buffer((await fetched({ fromByte: at })).body);
  assert.ok(rest.equals(zip.subarray(at)));
  const some = await buffer((await fetched({ fromByte: 100, toByte: 300 })).body);
  assert.ok(some.equals(zip.subarray(100, 300)));
});

test("who downloaded what is written down; another customer's backup is not found", async () => {
  await assert.rejects(fetched({}, "globex"), { code: "not_found" });
  const tenantId = newId<"tenant">(Date.now(), systemRandom.bytes(10));
  const foreign = download(installation.folder.controlSocket, downloadBackup, {
    of: { tenantId },
    backupId,
    by,
  });
  await assert.rejects(foreign, { code: "not_found" });
  const rows = await withControlData(installation, (data) =>
    data
      .reading(controlActor)
      .of(BackupTransfer)
      .searchRead([], ["by", "database_name", "from_byte", "kind"]),
  );
  assert.deepEqual(
    rows.map(({ from_byte }) => Number(from_byte)),
    [100, 12_345, 0, 0],
  );
  assert.ok(rows.every((row) => row.by === by && row.database_name === "acme" && row.kind === "download"));
});

test("a customer cancels what a customer asks for; the operator's work on their database stays the operator's", async () => {
  const { tenantId } = await installation.askControl(showCustomer, { name: "acme" });
  const { operations } = await installation.askControl(listOperations, { limit: 50 });
  const refused = async (kind: string) => {
    const codes = operations
      .filter((operation) => operation.kind === kind)
      .map(({ operationId }) =>
        installation.askControl(ownCancel, { tenantId, operationId }).catch(({ code }) => code),
      );
    return new Set(await Promise.all(codes));
  };
  assert.ok((await refused("customer.create")).has("access_denied"));
  assert.deepEqual(await refused("backup.take"), new Set(["conflict"]));
});

test("a real database's dump.sql loads with psql alone into an empty database", async () => {
  writeFileSync(join(folder, "acme.zip"), zip);
  const unzip = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
  assert.equal(spawnSync("/usr/bin/python3", ["-c", unzip, join(folder, "acme.zip"), folder]).status, 0);
  const cluster = await startCluster();
  try {
    const database = await cluster.createDatabase("from_zip");
    const { host, port, user, password } = database;
    const address = ["-h", host, "-p", String(port), "-U", user, "-d", "from_zip"];
    const loaded = spawnSync(
      psql,
      ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...address, "-f", join(folder, "dump.sql")],
      { env: { PGPASSWORD: password ?? "", PATH: "/usr/bin:/bin" }, encoding: "utf8" },
    );
    assert.equal(loaded.status, 0, loaded.stderr);
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    const [counted] = await cluster.sql(database, "SELECT count(*)::int AS rows FROM res_partner");
    const said = manifest.tables.find(({ name }: { name: string }) => name === "res_partner");
    assert.equal(counted?.["rows"], said.rows);
  } finally {
    await cluster.stop();
  }
});

test("a zip taken in elsewhere becomes a backup there, and a restore of it the customer's data", async () => {
  const sent = await brought(Readable.from([zip]));
  assert.deepEqual([sent.state, sent.from.name], ["stored", "acme"]);
  // Another's data keeps no alarm quiet: globex has no backup of its own by it.
  const { lastStoredBackupAt } = await installation.askControl(showCustomer, { name: "globex" });
  const said = Temporal.Instant.from(sent.from.takenAt).epochMilliseconds;
  assert.notEqual(lastStoredBackupAt && Temporal.Instant.from(lastStoredBackupAt).epochMilliseconds, said);
  const wish = { customer: "globex", backupId: sent.backupId };
  const seen = await installation.askControl(preflightRestore, wish);
  assert.equal(seen.ready, true, JSON.stringify(seen.findings));
  const restored = await installation.askControl(restoreOverLive, { ...wish, confirm: "globex" });
  assert.equal(restored.summary.rows, sent.summary.rows);
  const { neutralized } = await installation.askControl(showCustomer, { name: "globex" });
  assert.equal(neutralized, false);
});

test("a zip that is refused, or cut, leaves no object and says why", async () => {
  const state = async () => (await snapshot(installation)).filter((line) => !/row of backup/.test(line));
  const before = await state();
  const broken = Buffer.from(zip);
  const at = broken.indexOf("Base Currency") < 0 ? broken.length >> 1 : broken.indexOf("Base Currency");
  broken[at] = (broken[at] ?? 0) ^ 1;
  await assert.rejects(brought(Readable.from([broken])), { code: "invalid", message: /the zip is refused/ });
  await assert.rejects(brought(Readable.from([zip.subarray(0, 50_000)])), /ends too early/);
  await assert.rejects(brought(Readable.from([randomBytes(1_000)])), { code: "invalid" });
  assert.deepEqual(await state(), before);
});

test("a slow sender holds one place of its customer, nobody else's, and gives it back when it goes", async () => {
  const begun = () =>
    withControlData(installation, (data) =>
      data
        .reading(controlActor)
        .of(BackupTransfer)
        .count([["kind", "=", "import"]]),
    );
  const before = await begun();
  const slow = new PassThrough();
  slow.write(zip.subarray(0, 1_000));
  const first = brought(slow).catch((error: Error) => error.message);
  while ((await begun()) === before) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await brought(Readable.from([zip])).catch((error: unknown) => error);
  assert.match(String(second), /Another zip is being taken in for "globex" already/);
  assert.equal((await brought(Readable.from([zip]), "acme")).state, "stored");
  slow.destroy();
  await first;
  // What was sent is taken away again before the place is free.
  let third: unknown;
  do third = await brought(Readable.from([zip])).catch((error: unknown) => error);
  while ((third as { code?: string }).code === "too_many");
  assert.equal((third as { state?: string }).state, "stored");
});

test("a zip that comes by pieces goes on after control was killed, also while it was being taken in", async () => {
  const { tenantId } = await installation.askControl(showCustomer, { name: "globex" });
  const owner = { of: { tenantId }, person: 2 };
  const began = await asServer(beginUpload, { ...owner, by, name: "own.zip", bytes: zip.byteLength });
  const one = { ...owner, uploadId: began.uploadId };
  const whole = async () => {
    const { offset } = (await asServer(lookAtUpload, owner)) ?? began;
    for (let at = offset; at < zip.byteLength; at += uploadBlockBytes)
      await upload(installation.folder.controlServerSocket, appendToUpload, {
        input: { ...one, offset: at },
        body: Readable.from([zip.subarray(at, at + uploadBlockBytes)]),
      });
  };
  const restart = async () => {
    await installation.control.kill();
    await installation.startControl();
  };
  await whole();
  await restart();
  assert.equal((await asServer(lookAtUpload, owner))?.offset, zip.byteLength);
  // It was read back, and a signed catalog names it: that much is a backup, though nobody has noted that.
  installation.armControl("upload/keep the copies/begin");
  await asServer(takeUpload, { ...one, by });
  assert.equal((await installation.control.ended).signal, "SIGKILL");
  await installation.startControl();
  const { backups } = await installation.askControl(listCustomerBackups, { customer: "globex" });
  assert.ok(
    backups.every(({ state }) => state !== "taking"),
    JSON.stringify(backups),
  );
  assert.deepEqual(
    (({ taking, ended, offset }) => ({ taking, ended, offset }))(
      (await asServer(lookAtUpload, owner)) ?? began,
    ),
    { taking: null, ended: null, offset: zip.byteLength },
  );
  const { ended } = await taken();
  assert.ok(ended && "backupId" in ended, JSON.stringify(ended));
  assert.deepEqual([ended.state, ended.from.name], ["stored", "acme"]);
  assert.deepEqual(await asServer(dropUpload, one), { changed: true });

  async function taken() {
    for (;;) {
      const seen = await asServer(takeUpload, { ...one, by });
      if (seen.taking === null) return seen;
    }
  }
});

test("by the server's door nobody is an operator: owners are named by tenant, and new customers are made in the panel", async () => {
  const { tenantId } = await installation.askControl(showCustomer, { name: "globex" });
  const wish = { person: 2, by, name: "own.zip", bytes: 10 };
  const named = asServer(beginUpload, { ...wish, of: { customer: "globex" } });
  await assert.rejects(named, { code: "access_denied" });
  const as = { customer: "another", email: "owner@another.example" };
  await assert.rejects(asServer(beginUpload, { ...wish, of: { tenantId }, as }), { code: "access_denied" });
  const panel = { tenantId: installation.config.controlTenantId };
  const taken = { ...as, customer: "acme" };
  await assert.rejects(asServer(beginUpload, { ...wish, of: panel, as: taken }), { code: "conflict" });
  const unknown = { tenantId: newId<"tenant">(Date.now(), systemRandom.bytes(10)) };
  await assert.rejects(asServer(beginUpload, { ...wish, of: unknown }), { code: "not_found" });
});

test("the server learns in whose queues something is due, and only of customers that are there", async () => {
  const { tenantId } = await installation.askControl(showCustomer, { name: "globex" });
  const acme = await installation.askControl(showCustomer, { name: "acme" });
  await asServer(noteOutgoing, { tenantId, dueMs: 2_000 });
  await asServer(noteOutgoing, { tenantId: acme.tenantId, dueMs: Date.now() + 3_600_000 });
  await asServer(noteOutgoing, { tenantId: installation.config.controlTenantId, dueMs: 1_000 });
  const unknown = newId<"tenant">(Date.now(), systemRandom.bytes(10));
  await assert.rejects(asServer(noteOutgoing, { tenantId: unknown, dueMs: 1 }), { code: "not_found" });
  assert.deepEqual(await asServer(dueOutgoing, {}), { hosts: ["panel.localhost", "globex.localhost"] });
  await asServer(noteOutgoing, { tenantId, dueMs: null });
  assert.deepEqual(await asServer(dueOutgoing, {}), { hosts: ["panel.localhost"] });
});

test("the server learns by one question which of many hosts still have a database", async () => {
  const hosts = ["acme.localhost", "nobody.localhost", "acme.example", "panel.localhost", "globex.localhost"];
  const { places } = await asServer(resolveHosts, { hosts });
  const names = places.map((place) => place?.name);
  assert.deepEqual(names, ["acme", undefined, undefined, "panel", "globex"]);
});

test("a control killed as it has made a new customer for a zip, and a zip that is refused, leave no customer", async () => {
  const owner = { of: { tenantId: installation.config.controlTenantId }, person: 2 };
  const as = { customer: "from-zip", email: "owner@from-zip.example" };
  const bytes = 5_000;
  const { uploadId } = await asServer(beginUpload, { ...owner, by, name: "no.zip", bytes, as });
  const one = { ...owner, uploadId };
  const body = Readable.from([randomBytes(bytes)]);
  await upload(installation.folder.controlServerSocket, appendToUpload, {
    input: { ...one, offset: 0 },
    body,
  });
  const isThere = () =>
    installation.askControl(showCustomer, { name: "from-zip" }).then(
      () => true,
      () => false,
    );
  installation.armControl("upload/make the new customer/done");
  await asServer(takeUpload, { ...one, by, as });
  assert.equal((await installation.control.ended).signal, "SIGKILL");
  await installation.startControl();
  for (const deadline = performance.now() + 300_000; await isThere(); await wait(50))
    assert.ok(performance.now() < deadline, `it goes by itself: ${installation.control.output}`);
  let seen = await asServer(takeUpload, { ...one, by, as });
  while (seen.taking !== null) seen = (await asServer(lookAtUpload, owner)) ?? seen;
  assert.ok(seen.ended && "error" in seen.ended, "it is refused");
  assert.match(seen.ended.error.message, /zip/);
  await assert.rejects(installation.askControl(showCustomer, { name: "from-zip" }), { code: "not_found" });
  const { tenants, names } = await installation.askControl(listShreddedKeys, {});
  assert.deepEqual(
    [...new Set(tenants.map((tenant) => names[tenant]))],
    ["from-zip"],
    "whose keys are no more",
  );
});

test("a control that died after the restore into a new customer was asked for, and before it noted that, lets no customer go", async () => {
  const panel = installation.config.controlTenantId;
  const as = { customer: "next", email: "owner@next.example" };
  const owner = { of: { tenantId: panel }, person: 3 };
  await asServer(beginUpload, { ...owner, by, name: "a.zip", bytes: 10, as });
  // As it then stands on the disk; globex was restored from a zip above, and has worked since.
  const { tenantId: made } = await installation.askControl(showCustomer, { name: "globex" });
  const note = join(installation.folder.uploads, panel, "3", "upload.json");
  writeFileSync(note, JSON.stringify({ ...JSON.parse(readFileSync(note, "utf8")), made }));
  await installation.control.kill();
  await installation.startControl();
  const { operations } = await installation.askControl(listOperations, { limit: 50 });
  const deleted = operations.filter(({ kind }) => kind === "database.delete").map(({ subject }) => subject);
  assert.deepEqual(
    deleted.filter((subject) => subject.includes("globex")),
    [],
  );
  assert.equal(JSON.parse(readFileSync(note, "utf8")).made, null);
});

test("who was switched off since stays so when a customer takes their own zip in again and restores it", async () => {
  const { tenantId } = await installation.askControl(showCustomer, { name: "acme" });
  const login = "gone@acme.example";
  const id = await withCustomerData(installation, "acme", (data) =>
    data.writing(controlActor, async (env) =>
      present((await env.of(usersModel).create([{ name: "Gone", login, email: login }]))[0], "a user"),
    ),
  );
  const own = { of: { tenantId }, by };
  const source = { ...own, backupId: await taken("acme"), fromByte: 0, toByte: null };
  const { body } = await download(installation.folder.controlSocket, downloadBackup, source);
  await withCustomerData(installation, "acme", (data) =>
    data.writing(controlActor, (env) => env.of(usersModel).write([id], { active: false })),
  );
  const sent = await upload(installation.folder.controlSocket, uploadBackup, { input: own, body });
  const wish = { customer: "acme", backupId: sent.backupId, confirm: "acme" };
  await installation.askControl(restoreOverLive, wish);
  const [user] = await withCustomerData(installation, "acme", (data) =>
    data.reading(controlActor).of(usersModel).read([id], ["login", "active"]),
  );
  assert.deepEqual([user?.login, user?.active], [login, false]);
});
