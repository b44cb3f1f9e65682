import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { objectName } from "../object-name.ts";
import { type Taken, takeBackup } from "../take.ts";
import { psql as psqlProgram, startCluster, type TestCluster } from "../testing/cluster.ts";
import { oddRows, oddSchema, type Sample, sampleOf, takeInputOf } from "../testing/samples.ts";
import { temporaryFolder } from "../testing/temporary.ts";
import { flipByte, type TestVaults, threeVaults } from "../testing/vaults.ts";
import type { Vault } from "../vault.ts";
import { exportBackup } from "./export.ts";

const keyed = `${oddSchema}
  ALTER TABLE partner_tag_rel ADD FOREIGN KEY (partner_id) REFERENCES partner (id);
  CREATE INDEX ON partner (name);`;

let cluster: TestCluster;
let vaults: TestVaults;
let acme: Sample;
let taken: Taken;
let source: {
  tenantId: Sample["tenantId"];
  backupId: ReturnType<typeof takeInputOf>["backupId"];
  dataKey: Uint8Array;
};
let zip: Buffer;

before(async () => {
  cluster = await startCluster();
  vaults = await threeVaults();
  const database = await cluster.createDatabase("acme");
  await cluster.sql(database, keyed + oddRows);
  acme = await sampleOf(database, [0, 70_000, 300_000]);
  const input = takeInputOf(acme, vaults.vaults);
  source = { tenantId: acme.tenantId, backupId: input.backupId, dataKey: acme.dataKey };
  taken = await takeBackup(input);
  zip = (await made()).bytes;
});
after(() => cluster.stop());

async function made(range: { fromByte?: number; toByte?: number | null } = {}) {
  const pieces: Buffer[] = [];
  let said = -1;
  const result = await exportBackup(
    { source, vaults: vaults.vaults, signed: taken.signed, fromByte: 0, toByte: null, ...range },
    {
      begin: async ({ bytes }) => void (said = bytes),
      write: async (piece) => void pieces.push(Buffer.from(piece)),
    },
  );
  return { bytes: Buffer.concat(pieces), said, result };
}

function unzipped(): string {
  const folder = temporaryFolder("zip");
  writeFileSync(join(folder, "acme.zip"), zip);
  mkdirSync(join(folder, "content"));
  const code =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])";
  const { status, stderr } = spawnSync("/usr/bin/python3", [
    "-c",
    code,
    join(folder, "acme.zip"),
    join(folder, "content"),
  ]);
  assert.equal(status, 0, String(stderr));
  return join(folder, "content");
}

test("the zip has the size that is said before its first byte, and is the same every time", async () => {
  const again = await made();
  assert.equal(again.said, zip.byteLength);
  assert.ok(again.bytes.equals(zip));
});

test("its first bytes go out before more than a small part of the backup was read, whatever its size", async () => {
  const large = await sampleOf(
    acme.database,
    Array.from({ length: 60 }, () => 200_000),
  );
  const input = takeInputOf(large, vaults.vaults);
  const backup = await takeBackup(input);
  let read = 0;
  const [west] = vaults.vaults;
  assert.ok(west);
  const counting: Vault = {
    ...west,
    place: west.place,
    get: async function* (name, range) {
      for await (const chunk of west.get(name, range)) {
        read += chunk.byteLength;
        yield chunk;
      }
    },
  };
  let readAtFirst = 0;
  const whole = { tenantId: large.tenantId, backupId: input.backupId, dataKey: large.dataKey };
  await exportBackup(
    { source: whole, vaults: [counting], signed: backup.signed, fromByte: 0, toByte: null },
    {
      begin: async () => undefined,
      write: async () => {
        readAtFirst ||= read;
      },
    },
  );
  assert.ok(backup.bytes > 10_000_000);
  assert.ok(readAtFirst < backup.bytes / 50 + 400_000, `${readAtFirst} of ${backup.bytes} bytes were read`);
});

test("any range of it can be made again", async () => {
  const size = zip.byteLength;
  for (const [fromByte, toByte] of [
    [1, null],
    [0, 1],
    [size - 1, null],
    [size >> 1, (size >> 1) + 1_000],
    [700, 70_000],
  ] as const) {
    const { bytes, said } = await made({ fromByte, toByte });
    assert.ok(bytes.equals(zip.subarray(fromByte, toByte ?? size)), `${fromByte} to ${toByte}`);
    assert.equal(said, size);
  }
});

test("dump.sql loads into an empty database with psql alone, with keys, sequences and every value", async () => {
  const folder = unzipped();
  const database = await cluster.createDatabase("from_zip");
  const { host, port, user, password } = database;
  const address = ["-h", host, "-p", String(port), "-U", user, "-d", "from_zip"];
  const loaded = spawnSync(
    psqlProgram,
    ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...address, "-f", join(folder, "dump.sql")],
    { env: { PGPASSWORD: password ?? "", PATH: "/usr/bin:/bin" }, encoding: "utf8" },
  );
  assert.equal(loaded.status, 0, loaded.stderr);
  for (const query of [
    "SELECT * FROM partner ORDER BY id",
    "SELECT * FROM counted ORDER BY id",
    "SELECT last_value, is_called FROM invoice_number",
    "SELECT conname, contype FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
  ])
    assert.deepEqual(await cluster.sql(database, query), await cluster.sql(acme.database, query), query);
});

test("every file is there under its digest, and the manifest as it was signed", () => {
  const folder = unzipped();
  assert.equal(readFileSync(join(folder, "manifest.json"), "utf8"), taken.signed.text);
  assert.equal(taken.manifest.files.count, 3);
  const found = spawnSync("find", [join(folder, "filestore"), "-type", "f"], { encoding: "utf8" }).stdout;
  const files = found.trim().split("\n");
  assert.equal(files.length, 3);
  for (const path of files) {
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    assert.ok(path.endsWith(`/${sha256.slice(0, 2)}/${sha256}`));
  }
});

test("Debian's unzip finds nothing wrong with it", { skip: !existsSync("/usr/bin/unzip") }, () => {
  const folder = temporaryFolder("unzip");
  writeFileSync(join(folder, "acme.zip"), zip);
  const { status, stdout, stderr } = spawnSync("unzip", ["-t", join(folder, "acme.zip")], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout + stderr);
});

test("a copy that is damaged half-way is followed by another at the very byte", async () => {
  const [west] = vaults.specs;
  assert.ok(west);
  const name = objectName(source.tenantId, source.backupId);
  await flipByte(west, name, taken.bytes - 70_000);
  const { bytes, result } = await made();
  assert.ok(bytes.equals(zip));
  assert.deepEqual([result.kind, result.badCopies.map(({ vault }) => vault)], ["exported", ["eu-west"]]);
  await flipByte(west, name, taken.bytes - 70_000);
});
