import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Manifest } from "./archive.ts";
import { describeBackup } from "./describe.ts";
import { digest, type ForgedEntry, honestEntries, packed, plant, tarOf } from "./testing/forge.ts";
import { newTestId, type TestVaults, threeVaults } from "./testing/vaults.ts";

const dataKey = randomBytes(32);
let vaults: TestVaults;

before(async () => {
  vaults = await threeVaults();
});

const newSource = () => ({ tenantId: newTestId<"tenant">(), backupId: newTestId<"backup">(), dataKey });

async function described(content: (source: ReturnType<typeof newSource>) => Buffer) {
  const source = newSource();
  await plant(vaults.specs, source, content(source));
  return describeBackup({ source, vaults: vaults.vaults });
}

async function refusedBecause(content: (source: ReturnType<typeof newSource>) => Buffer, message: RegExp) {
  await assert.rejects(described(content), (error) => {
    assert.ok(error instanceof ExpectedError && error.code === "invalid", String(error));
    assert.match(error.message, message);
    return true;
  });
}

/** The honest archive with one entry put before another, or in its place. */
function withEntry(at: string, entries: readonly ForgedEntry[], replaced = false) {
  return (source: ReturnType<typeof newSource>) => {
    const honest = honestEntries(source);
    const index = honest.findIndex(([name]) => name.startsWith(at));
    honest.splice(index, replaced ? 1 : 0, ...entries);
    return packed(tarOf(honest));
  };
}

test("the archive that all others here differ from is accepted", async () => {
  const result = await described((source) => packed(tarOf(honestEntries(source))));
  assert.equal(result.kind, "described");
});

test("an entry that is none of a backup's is refused, whatever its name tries", async () => {
  const names = [
    "../../etc/passwd",
    "/etc/passwd",
    "files/../x",
    "files/ABC",
    `files/${"a".repeat(64)}/x`,
    "data/t/../x.copy",
    "data/../t/000000.copy",
  ];
  names.push(
    "data/t/0.copy",
    "data/t;drop/000000.copy",
    'data/"t"/000000.copy',
    "schema.sql/x",
    "",
    "restore.sh",
    "__proto__",
    "constructor",
  );
  for (const name of names) await refusedBecause(withEntry("files/", [[name, "x"]]), /none of a backup's/);
});

/** A changed header with its checksum made right again. */
function forged(change: (header: Buffer) => unknown) {
  return (header: Buffer) => {
    change(header);
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  };
}

test("links, folders, devices, long names and sizes that are no sizes are refused", async () => {
  const changed = (change: (header: Buffer) => unknown) => withEntry("files/", [["x", "", change]]);
  for (const type of ["1", "2", "3", "4", "5", "6", "7", "x", "g", "L", "K", "\0"])
    await refusedBecause(changed(forged((header) => header.write(type, 156, "latin1"))), /not a plain file/);
  await refusedBecause(changed(forged((header) => header.write("../..", 345))), /has a prefix/);
  await refusedBecause(changed(forged((header) => header.fill(0xff, 124, 136))), /states no size/);
  await refusedBecause(
    changed((header) => header.write("9", 0)),
    /wrong checksum/,
  );
});

test("an entry that is larger than its kind may be is refused before it is read", async () => {
  const claiming = (name: string, bytes: number): ForgedEntry => [
    name,
    "",
    forged((header) => header.write(bytes.toString(8).padStart(11, "0"), 124)),
  ];
  const file = `files/${"0".repeat(64)}`;
  await refusedBecause(withEntry("head", [claiming("head.json", 2 ** 30)]), /at most 33554432 allowed/);
  await refusedBecause(
    withEntry("data/", [claiming("data/t/000000.copy", 4 * 2 ** 20 + 1)]),
    /at most 4194304 allowed/,
  );
  await refusedBecause(withEntry("files/", [claiming(file, 2 ** 32 + 1)]), /at most 4294967296 allowed/);
  await refusedBecause(withEntry("manifest.sig", [["manifest.sig", "f".repeat(65)]]), /at most 64 allowed/);
});

test("entries that are missing, repeated, moved, or after the end are refused", async () => {
  await refusedBecause(withEntry("manifest.sig", [], true), /ends too early/);
  await refusedBecause(withEntry("schema", [], true), /stands where schema.sql belongs/);
  await refusedBecause(withEntry("schema", [["schema.sql", "x"]]), /stands where manifest.json belongs/);
  await refusedBecause(
    withEntry("files/", [["data/t/000002.copy", "1\n"]]),
    /stands where manifest.json belongs/,
  );
  await refusedBecause(
    withEntry("files/", [["data/other/000000.copy", "1\n"]]),
    /stands where manifest.json belongs/,
  );
  await refusedBecause(withEntry("manifest.json", [[`files/${"0".repeat(64)}`, ""]]), /not in order/);
  await refusedBecause(
    (source) => packed(tarOf([...honestEntries(source), ["head.json", "{}"]])),
    /stands after its end/,
  );
  await refusedBecause(
    (source) => packed(Buffer.concat([tarOf(honestEntries(source)), Buffer.alloc(512, 1)])),
    /bytes after its end/,
  );
});

test("content that differs from the signed manifest is refused", async () => {
  await refusedBecause(
    withEntry("data/", [["data/t/000000.copy", "2\n"]], true),
    /rows of "t" are not the manifest's/,
  );
  await refusedBecause(withEntry("data/", [], true), /rows of "t" are not the manifest's/);
  await refusedBecause(withEntry("files/", [], true), /its files are not the manifest's/);
  await refusedBecause(
    withEntry("files/", [[`files/${digest("content")}`, "c0ntent"]], true),
    /another content than its name says/,
  );
  await refusedBecause(
    withEntry("schema", [["schema.sql", "DROP DATABASE"]], true),
    /schema is not the manifest's/,
  );
  await refusedBecause(
    withEntry("manifest.sig", [["manifest.sig", digest("x")]], true),
    /not signed by this customer's key/,
  );
});

test("documents with wrong names, types or another identity are refused", async () => {
  const tables = (value: unknown) => withEntry("tables", [["tables.json", JSON.stringify(value)]], true);
  await refusedBecause(
    tables([{ name: 't"; DROP TABLE x', columns: ["a"], key: [] }]),
    /tables.json: 0.name/,
  );
  await refusedBecause(tables([{ name: "t", columns: ["a", "a"], key: [] }]), /names "a" twice/);
  await refusedBecause(
    tables([
      { name: "t", columns: ["a"], key: [] },
      { name: "t", columns: ["a"], key: [] },
    ]),
    /names "t" twice/,
  );
  await refusedBecause(tables({ length: 1 }), /tables.json/);
  await refusedBecause(withEntry("head", [["head.json", "{"]], true), /head.json is not JSON/);
  await refusedBecause(withEntry("head", [["head.json", "{}"]], true), /head.json: format/);
  await refusedBecause(
    (source) => packed(tarOf(honestEntries({ ...source, backupId: newTestId<"backup">() }))),
    /it is another backup/,
  );
  const sequences = (value: string) => (source: ReturnType<typeof newSource>) =>
    packed(
      tarOf(
        honestEntries(source, (manifest: Manifest) =>
          manifest.sequences.push({ name: "s", value, called: true }),
        ),
      ),
    );
  await refusedBecause(sequences("1; DROP"), /manifest.json: sequences.0.value/);
});

test("what does not unpack, or wants too much memory for it, is refused", async () => {
  await refusedBecause(() => randomBytes(1000), /does not unpack/);
  await refusedBecause(
    (source) => packed(tarOf([...honestEntries(source), ["x", Buffer.alloc(2 ** 25)]]), 27),
    /does not unpack/,
  );
  await refusedBecause(
    (source) => packed(tarOf(honestEntries(source))).subarray(0, -9),
    /does not unpack|ends too early/,
  );
  await refusedBecause(() => packed(Buffer.alloc(0)), /ends too early/);
  await refusedBecause(() => packed(randomBytes(5_000)), /not in ustar form/);
});
