import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { constants, zstdCompressSync } from "node:zlib";
import { systemRandom } from "@holdfast/kernel/random";
import { sealStream } from "@holdfast/kernel/sealed-stream";
import type { Manifest } from "../archive.ts";
import { sealHeader } from "../container.ts";
import type { DirectoryVaultSpec } from "../directory-vault.ts";
import { signManifest } from "../manifest.ts";
import { objectName } from "../object-name.ts";
import type { BackupSource } from "../stored-backup.ts";
import { tarEnd, tarHeader, tarPadding } from "../tar.ts";
import { stored } from "./vaults.ts";

/** One entry of an archive made by someone who has the key and means harm. */
export type ForgedEntry = readonly [
  name: string,
  content: string | Buffer,
  change?: (header: Buffer) => void,
];

/** A small valid archive (one table, one row, one file), to be changed one thing at a time. */
export function honestEntries(
  source: BackupSource,
  change: (manifest: Manifest) => void = () => undefined,
): ForgedEntry[] {
  const head = {
    format: 1 as const,
    tenantId: source.tenantId,
    backupId: source.backupId,
    name: "acme",
    takenAt: "2026-11-22T00:00:00.000Z",
    apps: [],
    codeVersion: "0.1.0",
    postgresVersion: "15",
  };
  const tables = [{ name: "t", columns: ["a"], key: [] }];
  const [rows, file] = ["1\n", "content"];
  const manifest: Manifest = {
    ...head,
    snapshotLsn: "0/1",
    schemaSha256: digest(""),
    tables: [{ name: "t", columns: ["a"], key: [], rows: 1, bytes: 2, sha256: digest(rows) }],
    sequences: [],
    files: { count: 1, bytes: 7, sha256: digest(`${digest(file)} 7\n`) },
    totals: { tables: 1, rows: 1, bytes: 9 },
  };
  change(manifest);
  const signed = signManifest(manifest, source.dataKey);
  return [
    ["head.json", JSON.stringify(head)],
    ["tables.json", JSON.stringify(tables)],
    ["schema.sql", ""],
    ["data/t/000000.copy", rows],
    [`files/${digest(file)}`, file],
    ["manifest.json", signed.text],
    ["manifest.sig", signed.signature],
  ];
}

export const digest = (text: string) => createHash("sha256").update(text).digest("hex");

export function tarOf(entries: readonly ForgedEntry[]): Buffer {
  const blocks = entries.flatMap(([name, content, change]) => {
    const body = Buffer.from(content as string);
    const header = tarHeader(name, body.byteLength, 0);
    change?.(header);
    return [header, body, tarPadding(body.byteLength)];
  });
  return Buffer.concat([...blocks, tarEnd]);
}

export const packed = (tar: Buffer, windowLog = 21) =>
  zstdCompressSync(tar, { params: { [constants.ZSTD_c_windowLog]: windowLog } });

/** Puts a genuine container around any content, straight into the stores. */
export async function plant(
  specs: readonly DirectoryVaultSpec[],
  source: BackupSource,
  content: Buffer,
): Promise<void> {
  const { header, key } = sealHeader(source, source.dataKey, systemRandom);
  const object = Buffer.concat([header, await buffer(Readable.from([content]).pipe(sealStream(key)))]);
  for (const spec of specs) {
    const path = stored(spec, objectName(source.tenantId, source.backupId));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, object);
  }
}
