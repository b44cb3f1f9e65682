import { createHash } from "node:crypto";
import type { Manifest, ManifestTable } from "./archive.ts";
import { type CatalogTable, catalogSequences, catalogTables, copyOutSql } from "./catalog.ts";
import type { DataKeys } from "./data-keys.ts";
import { type FileFolder, fileLine, listFiles, readFileObject } from "./file-objects.ts";
import type { RestoreTarget } from "./load.ts";
import { openManifest, type SignedManifest } from "./manifest.ts";
import { openSession, type Session } from "./postgres.ts";
import type { JobOptions } from "./progress.ts";

export interface CompareInput {
  readonly target: RestoreTarget;
  readonly signed: SignedManifest;
  /** Data keys of the customer whose backup it is: the manifest's signature is checked first. */
  readonly source: DataKeys;
}

export interface Compared {
  /** True: *proven*. Every row of every table, every sequence and every file are the backup's. */
  readonly equal: boolean;
  /** One sentence each, at most one a table. */
  readonly differences: readonly string[];
  readonly rows: number;
  readonly files: number;
}

/**
 * Compares a restored database, before anything was written to it, with what its backup's manifest says: the same
 * query as the backup's, row counts and digests of every table, and the opened content of every file.
 *
 * Cost: reads everything once; memory is constant. Tables that the backup does not know must be empty.
 *
 * @throws ExpectedError when the manifest is not signed by the source's key.
 */
export async function compareBackup(input: CompareInput, options: JobOptions = {}): Promise<Compared> {
  const manifest = openManifest(input.signed, input.source);
  const session = await openSession(input.target.database, options.signal);
  try {
    await session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const differences = [
      ...(await tableDifferences(session, manifest, options)),
      ...(await sequenceDifferences(session, manifest)),
    ];
    const folder = { ...input.target, path: input.target.filesDir };
    differences.push(...(await fileDifferences(folder, manifest, options)));
    return {
      equal: differences.length === 0,
      differences,
      rows: manifest.totals.rows,
      files: manifest.files.count,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    await session.close();
  }
}

async function tableDifferences(
  session: Session,
  manifest: Manifest,
  { onProgress }: JobOptions,
): Promise<string[]> {
  const existing = new Map((await catalogTables(session)).map((table) => [table.name, table]));
  const differences: string[] = [];
  for (const [done, table] of manifest.tables.entries()) {
    const difference = await tableDifference(session, table, existing.get(table.name));
    if (difference !== undefined) differences.push(difference);
    existing.delete(table.name);
    onProgress?.({ step: "comparing rows", done: done + 1, total: manifest.tables.length, unit: "tables" });
  }
  for (const table of existing.values()) {
    const { rows } = await digestOf(session, table, table);
    if (rows > 0) differences.push(`table "${table.name}" has ${rows} rows, the backup does not know it`);
  }
  return differences;
}

async function tableDifference(
  session: Session,
  expected: ManifestTable,
  existing?: CatalogTable,
): Promise<string | undefined> {
  if (existing === undefined) return `table "${expected.name}" is missing`;
  const missing = [...expected.columns, ...expected.key].find((column) => !existing.columns.includes(column));
  if (missing !== undefined) return `table "${expected.name}" has no column "${missing}"`;
  const { rows, sha256 } = await digestOf(session, expected, existing);
  if (rows !== expected.rows)
    return `table "${expected.name}" has ${rows} rows, the backup has ${expected.rows}`;
  if (sha256 !== expected.sha256) return `table "${expected.name}" has other values than the backup`;
  return undefined;
}

async function digestOf(
  session: Session,
  table: Pick<ManifestTable, "name" | "columns" | "key">,
  existing: CatalogTable,
) {
  const copy = session.copyOut(copyOutSql(table, existing.collated));
  const hash = createHash("sha256");
  for await (const chunk of copy) hash.update(chunk);
  return { rows: copy.rowCount, sha256: hash.digest("hex") };
}

async function sequenceDifferences(session: Session, manifest: Manifest): Promise<string[]> {
  const existing = new Map((await catalogSequences(session)).map((sequence) => [sequence.name, sequence]));
  return manifest.sequences
    .filter(
      ({ name, value, called }) =>
        existing.get(name)?.value !== value || existing.get(name)?.called !== called,
    )
    .map(
      ({ name, value }) =>
        `sequence "${name}" is at ${existing.get(name)?.value ?? "nothing"}, the backup at ${value}`,
    );
}

async function fileDifferences(
  folder: FileFolder,
  manifest: Manifest,
  { onProgress }: JobOptions,
): Promise<string[]> {
  const hash = createHash("sha256");
  const damaged: string[] = [];
  let count = 0;
  for await (const file of listFiles(folder)) {
    hash.update(fileLine(file));
    count += 1;
    if (!(await opens(folder, file))) damaged.push(`the file ${file.sha256} is damaged`);
    onProgress?.({ step: "comparing files", done: count, total: manifest.files.count, unit: "files" });
  }
  if (count !== manifest.files.count)
    return [...damaged, `there are ${count} files, the backup has ${manifest.files.count}`];
  if (hash.digest("hex") !== manifest.files.sha256)
    return [...damaged, "the files are not those of the backup"];
  return damaged;
}

async function opens(folder: FileFolder, file: { sha256: string; bytes: number }): Promise<boolean> {
  try {
    for await (const _chunk of readFileObject(folder, file));
    return true;
  } catch {
    return false;
  }
}
