import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import type { BackupIdentity } from "./container.ts";
import { exportBackup } from "./export/export.ts";
import { objectName } from "./object-name.ts";
import { type Taken, takeBackup } from "./take.ts";
import { psql as psqlProgram, startCluster, type TestCluster } from "./testing/cluster.ts";
import { oddRows, oddSchema, type Sample, sampleOf, takeInputOf } from "./testing/samples.ts";
import { temporaryFolder } from "./testing/temporary.ts";
import { stored, threeVaults } from "./testing/vaults.ts";
import type { Vault } from "./vault.ts";

// Debian's own interpreter, which has python3-cryptography; another one in PATH may not.
const python = "/usr/bin/python3";
const docs = fileURLToPath(new URL("../../../docs", import.meta.url));
const reader = join(docs, "read_backup.py");

let cluster: TestCluster;
let acme: Sample;
let taken: Taken;
let object: Buffer;
let source: BackupIdentity;
let vaults: readonly Vault[];

before(async () => {
  cluster = await startCluster();
  const three = await threeVaults();
  vaults = three.vaults;
  const database = await cluster.createDatabase("acme");
  await cluster.sql(database, oddSchema + oddRows);
  acme = await sampleOf(database, [0, 70_000, 300_000]);
  const input = takeInputOf(acme, three.vaults);
  source = { tenantId: input.tenantId, backupId: input.backupId };
  taken = await takeBackup(input);
  object = readFileSync(stored(three.specs[0]!, objectName(input.tenantId, input.backupId)));
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

/** A script of the page, as it stands there. */
function scriptOf(name: string): string {
  const page = readFileSync(join(docs, "restore-without-holdfast.md"), "utf8");
  const script = page.split("```sh " + name + "\n")[1]?.split("\n```")[0];
  assert.ok(script, `the page has the script ${name}`);
  return script;
}

function runScript(name: string, variables: Record<string, string>): SpawnSyncReturns<string> {
  const { host, port, user, password } = cluster.superuser;
  return spawnSync("/bin/bash", ["-euo", "pipefail", "-c", scriptOf(name)], {
    cwd: temporaryFolder(name),
    encoding: "utf8",
    env: {
      PATH: `${dirname(psqlProgram)}:/usr/bin:/bin`,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password ?? "",
      DOCS: docs,
      ...variables,
    },
  });
}

const questions = [
  "SELECT * FROM partner ORDER BY id",
  "SELECT * FROM counted ORDER BY id",
  "SELECT last_value, is_called FROM invoice_number",
  "SELECT conname, contype FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
];

async function sameAs(database: string): Promise<void> {
  for (const query of questions)
    assert.deepEqual(
      await cluster.sql({ ...cluster.superuser, database }, query),
      await cluster.sql(acme.database, query),
      query,
    );
}

test("restore-without-holdfast.md restores an object of a vault, line by line as it stands", async () => {
  const folder = temporaryFolder("objects");
  writeFileSync(join(folder, "key"), Buffer.from(acme.dataKey).toString("hex"));
  writeFileSync(join(folder, "backup.hfb"), object);
  const given = { KEY: join(folder, "key"), BACKUP: join(folder, "backup.hfb"), DATABASE: "from_vault" };
  const { status, stderr } = runScript("from-vault", given);
  assert.equal(status, 0, stderr);
  await sameAs("from_vault");
  writeFileSync(join(folder, "backup.hfb"), object.subarray(0, -1));
  const damaged = runScript("from-vault", { ...given, DATABASE: "from_damage" });
  assert.notEqual(damaged.status, 0);
  assert.match(damaged.stderr, /damaged, or another key/);
  const left = await cluster.sql(cluster.superuser, "SELECT FROM pg_database WHERE datname = 'from_damage'");
  assert.equal(left.length, 0);
});

test("restore-without-holdfast.md restores a downloaded zip, line by line as it stands", async () => {
  const folder = temporaryFolder("zips");
  const pieces: Buffer[] = [];
  await exportBackup(
    { source: { ...source, dataKey: acme.dataKey }, vaults, signed: taken.signed, fromByte: 0, toByte: null },
    { begin: async () => undefined, write: async (piece) => void pieces.push(Buffer.from(piece)) },
  );
  writeFileSync(join(folder, "acme.zip"), Buffer.concat(pieces));
  const given = { ZIP: join(folder, "acme.zip"), DATABASE: "from_zip" };
  const { status, stderr } = runScript("from-zip", given);
  assert.equal(status, 0, stderr);
  await sameAs("from_zip");
});
