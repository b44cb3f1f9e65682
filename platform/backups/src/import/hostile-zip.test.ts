import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { ExpectedError } from "@holdfast/kernel/errors";
import { compareBackup } from "../compare.ts";
import { exportBackup } from "../export/export.ts";
import { ZipFrame } from "../export/zip.ts";
import { loadBackup } from "../load.ts";
import { type Taken, takeBackup } from "../take.ts";
import { pgDump, startCluster, type TestCluster } from "../testing/cluster.ts";
import { oddRows, oddSchema, type Sample, sampleOf, takeInputOf } from "../testing/samples.ts";
import { filesOf, newTestId, type TestVaults, threeVaults } from "../testing/vaults.ts";
import { importZip } from "./import.ts";

let cluster: TestCluster;
let vaults: TestVaults;
let acme: Sample;
let globex: Sample;
let taken: Taken;
let honest: Buffer;

before(async () => {
  cluster = await startCluster();
  vaults = await threeVaults();
  const [one, other] = [await cluster.createDatabase("acme"), await cluster.createDatabase("globex")];
  await cluster.sql(one, oddSchema + oddRows);
  await cluster.sql(other, oddSchema);
  acme = await sampleOf(one, [0, 70_000]);
  globex = await sampleOf(other);
  const input = takeInputOf(acme, vaults.vaults);
  taken = await takeBackup(input);
  const pieces: Buffer[] = [];
  const source = { tenantId: acme.tenantId, backupId: input.backupId, dataKey: acme.dataKey };
  await exportBackup(
    { source, vaults: vaults.vaults, signed: taken.signed, fromByte: 0, toByte: null },
    { begin: async () => undefined, write: async (piece) => void pieces.push(Buffer.from(piece)) },
  );
  honest = Buffer.concat(pieces);
});
after(() => cluster.stop());

async function* inPieces(bytes: Buffer, size = 777) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

const imported = (zip: Buffer, size?: number) =>
  importZip(
    {
      tenantId: globex.tenantId,
      backupId: newTestId<"backup">(),
      dataKey: globex.dataKey,
      database: globex.database,
      vaults: vaults.vaults,
      pgDump,
      name: "globex",
    },
    inPieces(zip, size),
  );

test("a downloaded zip becomes a backup of another customer, equal in every row and file, under their own key", async () => {
  for (const size of [1_000_000, 61]) {
    const backup = await imported(honest, size);
    assert.deepEqual(
      backup.manifest.tables.map(({ name, rows, sha256 }) => [name, rows, sha256]),
      taken.manifest.tables.map(({ name, rows, sha256 }) => [name, rows, sha256]),
    );
    const target = await sampleOf(await cluster.createDatabase(`copy_${size}`));
    await cluster.sql(target.database, oddSchema);
    const source = {
      tenantId: globex.tenantId,
      backupId: backup.manifest.backupId as never,
      dataKey: globex.dataKey,
    };
    assert.equal((await loadBackup({ source, vaults: vaults.vaults, target })).kind, "loaded");
    const compared = await compareBackup({ target, signed: backup.signed, source: globex });
    assert.deepEqual(compared.differences, []);
  }
});

test("one that was unpacked and packed again by other programs is taken too", async () => {
  const zip = packed(entriesOf(honest).map(({ name, content }) => ({ name, content, method: 8 as const })));
  assert.equal((await imported(zip)).manifest.totals.rows, taken.manifest.totals.rows);
});

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly method?: 0 | 8;
  readonly mode?: number;
  readonly said?: number;
}

const named = (name: string, change: (entry: Entry) => Entry | Entry[]) => (entries: Entry[]) =>
  entries.flatMap((entry) => (entry.name === name ? change(entry) : entry));
const inDump = (change: (sql: string) => string) =>
  named("dump.sql", (entry) => ({
    ...entry,
    content: Buffer.from(change(entry.content.toString("latin1")), "latin1"),
  }));
const inManifest = (
  change: (manifest: {
    takenAt: string;
    tables: { name: string; rows: number }[];
    files: { count: number };
  }) => void,
) =>
  named("manifest.json", (entry) => {
    const manifest = JSON.parse(entry.content.toString());
    change(manifest);
    return { ...entry, content: Buffer.from(JSON.stringify(manifest)) };
  });
const extra =
  (name: string, content = Buffer.from("x"), more: Partial<Entry> = {}) =>
  (entries: Entry[]) => [...entries, { name, content, ...more }];
const bytes = (change: (zip: Buffer) => Buffer) => change;

/** Each thing that was tried on such imports elsewhere, and the nearest of our own. */
const hostile: readonly (readonly [
  string,
  ((entries: Entry[]) => Entry[]) | { zip: (zip: Buffer) => Buffer },
  RegExp,
])[] = [
  ["an empty file", { zip: () => Buffer.alloc(0) }, /ends too early/],
  ["no zip", { zip: () => Buffer.from("%PDF-1.7 and so on") }, /something stands where/],
  [
    "a cut",
    { zip: bytes((zip) => zip.subarray(0, zip.length - 30)) },
    /ends too early|where it says|its end/,
  ],
  ["a cut in the rows", { zip: bytes((zip) => zip.subarray(0, zip.length >> 1)) }, /ends too early/],
  [
    "bytes after the end",
    { zip: bytes((zip) => Buffer.concat([zip, Buffer.from("PK")])) },
    /bytes after its end/,
  ],
  [
    "bytes before the start",
    { zip: bytes((zip) => Buffer.concat([Buffer.from("#!"), zip])) },
    /something stands/,
  ],
  [
    "a flipped byte in the rows",
    { zip: flipped((zip) => zip.indexOf("partner 77")) },
    /not those of its manifest|damaged/,
  ],
  [
    "a flipped byte in the directory",
    { zip: flipped((zip) => zip.lastIndexOf("dump.sql")) },
    /its directory says something else/,
  ],
  ["another directory than entries", { zip: swapLastName }, /its directory says something else/],
  ["a traversal", extra("filestore/../../../etc/cron.d/x"), /none of its entries/],
  ["an absolute path", extra("/etc/passwd"), /none of its entries/],
  ["a backslash path", extra("filestore\\00\\x"), /none of its entries/],
  ["a control character in a name", extra("filestore/00/\u0007"), /not plain text/],
  ["a name of 4,000 bytes", extra("a".repeat(4_000)), /longer than 200 bytes/],
  [
    "a file that is named wrong",
    extra(`filestore/ff/${"f".repeat(64)}`),
    /another content than its name|out of order/,
  ],
  ["a file in another's folder", extra(`filestore/00/${"f".repeat(64)}`), /none of its entries/],
  ["a link", (entries) => linked(entries), /no plain file/],
  ["an entry twice", (entries) => [...entries, ...entries.slice(-1)], /twice or out of order/],
  ["two dumps", named("dump.sql", (entry) => [entry, entry]), /none of its entries/],
  ["two manifests", named("manifest.json", (entry) => [entry, entry]), /stands where dump.sql belongs/],
  ["no manifest", named("manifest.json", () => []), /stands where manifest.json belongs/],
  ["no dump", named("dump.sql", () => []), /stands where dump.sql belongs/],
  ["another order", (entries) => [...entries].reverse(), /stands where manifest.json belongs/],
  ["a missing file", (entries) => entries.slice(0, -1), /files are not those/],
  [
    "a manifest that is no JSON",
    named("manifest.json", (entry) => ({ ...entry, content: Buffer.from("{") })),
    /not JSON/,
  ],
  ["a manifest with more", inManifest((manifest) => Object.assign(manifest, { run: "me" })), /manifest.json/],
  [
    "a manifest with a hostile table name",
    inManifest(({ tables }) => tables[0] && (tables[0].name = 'a"; DROP TABLE b; --')),
    /manifest.json/,
  ],
  ["a manifest with a table twice", inManifest(({ tables }) => tables.push(...tables.slice(0, 1))), /twice/],
  [
    "a manifest of tomorrow, which would pass for the newest backup",
    inManifest((manifest) => (manifest.takenAt = new Date(Date.now() + 86_400_000).toISOString())),
    /taken in the future/,
  ],
  [
    "a manifest that counts more rows",
    inManifest(({ tables }) => tables[0] && (tables[0].rows += 1)),
    /not those of its manifest/,
  ],
  [
    "a row more",
    inDump((sql) => sql.replace("FROM stdin;\n", "FROM stdin;\n1\t2\n")),
    /not those of its manifest/,
  ],
  ["a row changed", inDump((sql) => sql.replace("partner 77", "partner 78")), /not those of its manifest/],
  [
    "COPY FROM PROGRAM",
    inDump((sql) => sql.replace("COPY public", "COPY public.x FROM PROGRAM 'id';\nCOPY public")),
    /other rows where/,
  ],
  [
    "COPY into a catalog",
    inDump((sql) =>
      sql.replace("COPY public.", "COPY pg_catalog.pg_authid (rolname) FROM stdin;\nx\n\\.\nCOPY public."),
    ),
    /other rows where/,
  ],
  [
    "COPY into another column",
    inDump((sql) =>
      sql.replace('COPY public."code" ("key", "Value")', 'COPY public."code" ("Value", "key")'),
    ),
    /other rows where/,
  ],
  [
    "rows of one more table",
    inDump((sql) => `${sql}\nCOPY public."z" ("a") FROM stdin;\n1\n\\.\n`),
    /that the manifest does not name/,
  ],
  [
    "rows without an end",
    inDump((sql) => sql.slice(0, sql.lastIndexOf("\\."))),
    /no end|no rows of|not those/,
  ],
  ["an endless line of SQL", inDump((sql) => `${"x".repeat(2_000_000)}${sql}`), /line of more than/],
  [
    "a bomb",
    named("manifest.json", (entry) => ({ ...entry, method: 8, content: Buffer.alloc(30_000_000, 0x20) })),
    /unpacks to more than 200 times/,
  ],
  [
    "a bomb that lies of its size",
    named("manifest.json", (entry) => ({
      ...entry,
      method: 8,
      content: Buffer.alloc(3_000_000, 0x20),
      said: 5_000,
    })),
    /longer than it says/,
  ],
  [
    "an entry that says too little",
    named("manifest.json", (entry) => ({ ...entry, said: entry.content.byteLength + 5, method: 8 })),
    /shorter than it says/,
  ],
];

for (const [what, change, reason] of hostile)
  test(`${what} is refused by name, and no vault has anything of it`, async () => {
    const zip = typeof change === "function" ? packed(change(entriesOf(honest))) : change.zip(honest);
    const before = await Promise.all(vaults.specs.map(filesOf));
    await assert.rejects(imported(zip), (error) => {
      assert.ok(error instanceof ExpectedError, String(error));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(await Promise.all(vaults.specs.map(filesOf)), before);
  });

test("statements in a dump are neither executed nor kept", async () => {
  const marks = [
    "DROP TABLE partner;",
    "\\! touch /tmp/holdfast-was-here",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS '';",
  ];
  const zip = packed(inDump((sql) => `${marks.join("\n")}\n${sql}`)(entriesOf(honest)));
  const backup = await imported(zip);
  assert.equal(backup.manifest.totals.rows, taken.manifest.totals.rows);
  assert.deepEqual(await cluster.sql(globex.database, "SELECT count(*)::int AS n FROM partner"), [{ n: 0 }]);
  await assert.rejects(readdir("/tmp/holdfast-was-here"));
});

/** The entries of an honest zip, taken apart by its own directory. */
function entriesOf(zip: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const [name, extra] = [zip.readUInt16LE(at + 26), zip.readUInt16LE(at + 28)];
    const size = Number(zip.readBigUInt64LE(at + 30 + name + 4));
    const from = at + 30 + name + extra;
    entries.push({
      name: zip.toString("latin1", at + 30, at + 30 + name),
      content: zip.subarray(from, from + size),
    });
    at = from + size + 24;
  }
  return entries;
}

/** A plain zip as other programs make it, with whatever lies one wants. */
function packed(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 0, mode = 0o100644, said } of entries) {
    const body = method === 8 ? deflateRawSync(content) : content;
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(20, 0);
    fixed.writeUInt16LE(method, 4);
    fixed.writeUInt32LE(crc32(content), 10);
    fixed.writeUInt32LE(body.byteLength, 14);
    fixed.writeUInt32LE(said ?? content.byteLength, 18);
    const nameBytes = Buffer.from(name, "latin1");
    fixed.writeUInt16LE(nameBytes.byteLength, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fixed, nameBytes, body]);
    const central = Buffer.alloc(42);
    central.writeUInt16LE(3 << 8, 0);
    fixed.copy(central, 2, 0, 24);
    central.writeUInt16LE(0, 26);
    central.writeUInt32LE((mode << 16) >>> 0, 34);
    central.writeUInt32LE(at, 38);
    central.writeUInt16LE(nameBytes.byteLength, 24);
    directory.push(Buffer.from("PK\x01\x02", "latin1"), central, nameBytes);
    parts.push(local);
    at += local.byteLength;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.byteLength, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

function flipped(where: (zip: Buffer) => number) {
  return (zip: Buffer): Buffer => {
    const copy = Buffer.from(zip);
    const at = where(copy) + 3;
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
}

function swapLastName(zip: Buffer): Buffer {
  const copy = Buffer.from(zip);
  copy.write("x", copy.lastIndexOf("manifest.json"));
  return copy;
}

/** A link whose name is right: the digest of where it leads. */
function linked(entries: Entry[]): Entry[] {
  const content = Buffer.from("/etc/shadow");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const link = { name: `filestore/${sha256.slice(0, 2)}/${sha256}`, content, mode: 0o120777 };
  const files = [...entries.filter(({ name }) => name.startsWith("filestore/")), link];
  files.sort((one, other) => (one.name < other.name ? -1 : 1));
  const lines = files.map(({ name, content: { byteLength } }) => `${name.slice(-64)} ${byteLength}\n`);
  const total = {
    count: files.length,
    bytes: files.reduce((sum, { content: { byteLength } }) => sum + byteLength, 0),
  };
  const listed = { ...total, sha256: createHash("sha256").update(lines.join("")).digest("hex") };
  const change = inManifest((manifest) => Object.assign(manifest, { files: listed }));
  return [...change(entries).filter(({ name }) => !name.startsWith("filestore/")), ...files];
}

test("the frame refuses content of another size than was said", () => {
  const frame = new ZipFrame(new Date(0));
  frame.begin("a", 2);
  frame.content(Buffer.from("abc"));
  assert.throws(() => frame.end(), /size that was said/);
});
