import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { objectName } from "./object-name.ts";
import { type Taken, takeBackup } from "./take.ts";
import { psql as psqlProgram, startCluster, type TestCluster } from "./testing/cluster.ts";
import { oddRows, oddSchema, type Sample, sampleOf, takeInputOf } from "./testing/samples.ts";
import { temporaryFolder } from "./testing/temporary.ts";
import { stored, threeVaults } from "./testing/vaults.ts";

// Debian's own interpreter, which has python3-cryptography; another one in PATH may not.
const python = "/usr/bin/python3";
const reader = fileURLToPath(new URL("../../../docs/read_backup.py", import.meta.url));

let cluster: TestCluster;
let acme: Sample;
let taken: Taken;
let object: Buffer;

before(async () => {
  cluster = await startCluster();
  const vaults = await threeVaults();
  const database = await cluster.createDatabase("acme");
  await cluster.sql(database, oddSchema + oddRows);
  acme = await sampleOf(database, [0, 70_000, 300_000]);
  const input = takeInputOf(acme, vaults.vaults);
  taken = await takeBackup(input);
  object = readFileSync(stored(vaults.specs[0]!, objectName(input.tenantId, input.backupId)));
});

after(() => cluster.stop());

function decrypted(bytes: Buffer, key: Uint8Array = acme.dataKey): SpawnSyncReturns<Buffer> {
  const folder = temporaryFolder("stranger");
  writeFileSync(join(folder, "key"), Buffer.from(key).toString("hex"));
  writeFileSync(join(folder, "backup.hfb"), bytes);
  return spawnSync(python, [reader, join(folder, "key"), join(folder, "backup.hfb")], { maxBuffer: 2 ** 26 });
}

function unpacked(tarZstd: Buffer): string {
  const folder = temporaryFolder("unpacked");
  writeFileSync(join(folder, "backup.tar"), zstdDecompressSync(tarZstd));
  mkdirSync(join(folder, "content"));
  const tar = spawnSync("tar", ["-xf", join(folder, "backup.tar"), "-C", join(folder, "content")]);
  assert.equal(tar.status, 0, String(tar.stderr));
  return join(folder, "content");
}

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("the reader in the docs and plain tar give back every table and file of a backup", () => {
  const result = decrypted(object);
  assert.equal(result.status, 0, String(result.stderr));
  const folder = unpacked(result.stdout);
  assert.equal(readFileSync(join(folder, "manifest.json"), "utf8"), taken.signed.text);
  for (const table of taken.manifest.tables.filter(({ rows }) => rows > 0)) {
    const parts = readdirSync(join(folder, "data", table.name)).sort();
    const rows = Buffer.concat(parts.map((part) => readFileSync(join(folder, "data", table.name, part))));
    assert.equal(digest(rows), table.sha256, table.name);
  }
  const files = readdirSync(join(folder, "files"));
  assert.equal(files.length, 3);
  for (const file of files) assert.equal(digest(readFileSync(join(folder, "files", file))), file);
});

test("schema.sql and the COPY parts restore with psql alone", async () => {
  const folder = unpacked(decrypted(object).stdout);
  const database = await cluster.createDatabase("by_hand");
  const env = { PGPASSWORD: database.password ?? "", PATH: "/usr/bin:/bin" };
  const address = [
    "-h",
    database.host,
    "-p",
    String(database.port),
    "-U",
    database.user,
    "-d",
    database.database,
  ];
  const psql = (args: string[], input = "") =>
    spawnSync(psqlProgram, ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...address, ...args], {
      env,
      input,
      encoding: "utf8",
    });
  const schema = psql(["-f", join(folder, "schema.sql")]);
  assert.equal(schema.status, 0, schema.stderr);
  for (const { name, columns } of taken.manifest.tables.filter(({ rows }) => rows > 0)) {
    const parts = readdirSync(join(folder, "data", name)).sort();
    const rows = parts.map((part) => readFileSync(join(folder, "data", name, part), "utf8")).join("");
    const copy = psql(
      ["-c", `COPY ${name} (${columns.map((column) => `"${column}"`).join(", ")}) FROM STDIN`],
      rows,
    );
    assert.equal(copy.status, 0, copy.stderr);
  }
  const query = "SELECT * FROM partner ORDER BY id";
  assert.deepEqual(await cluster.sql(database, query), await cluster.sql(acme.database, query));
});

test("the reader in the docs fails on damage, on a cut and on another key", () => {
  const flipped = Buffer.from(object);
  flipped[object.byteLength - 40] = (flipped[object.byteLength - 40] ?? 0) ^ 1;
  for (const bytes of [
    flipped,
    object.subarray(0, -1),
    object.subarray(0, 80),
    Buffer.concat([object, Buffer.alloc(20)]),
  ]) {
    const { status, stderr } = decrypted(bytes);
    assert.equal(status, 1);
    assert.match(String(stderr), /damaged, or another key/);
  }
  assert.equal(decrypted(object, randomBytes(32)).status, 1);
});
