import { ExpectedError } from "@holdfast/kernel/errors";
import { type ArchiveTable, type Manifest, refusal } from "./archive.ts";
import { readArchive } from "./archive-reader.ts";
import { catalogTables, copyInSql } from "./catalog.ts";
import type { DataKeys } from "./data-keys.ts";
import { FileIntake } from "./file-objects.ts";
import { fromIntactCopy } from "./intact-copy.ts";
import { limits } from "./limits.ts";
import type { SignedManifest } from "./manifest.ts";
import { type DatabaseAddress, openSession, quoted, type Session } from "./postgres.ts";
import type { JobOptions } from "./progress.ts";
import { type BackupSource, type BadCopy, openArchive } from "./stored-backup.ts";
import type { Vault } from "./vault.ts";

export interface LoadInput {
  readonly source: BackupSource;
  /** Tried in this order; the first intact copy is loaded. */
  readonly vaults: readonly Vault[];
  readonly target: RestoreTarget;
}

export interface RestoreTarget extends DataKeys {
  /** A database whose tables exist and are empty, without foreign keys yet; `role` is its owner. */
  readonly database: DatabaseAddress;
  readonly filesDir: string;
}

export type Loaded =
  | {
      readonly kind: "loaded";
      /** The vault whose copy was loaded. */
      readonly vault: string;
      /** Copies tried before it. */
      readonly badCopies: readonly BadCopy[];
      readonly manifest: Manifest;
      readonly signed: SignedManifest;
    }
  /** No vault has an intact copy; the target is as it was. */
  | { readonly kind: "damaged"; readonly badCopies: readonly BadCopy[] };

/**
 * Copies a backup's rows and files into a database whose tables exist already (made from the declared models). No
 * SQL of the archive is executed; it is hostile until its signed manifest at the end fits what was read.
 *
 * All rows go in one transaction and all files into a folder aside, so damage that shows in the last byte leaves
 * nothing, and the next vault's copy is tried. Memory is constant, nothing plain touches a disk.
 *
 * @throws ExpectedError when the archive breaks the format or does not fit the target: names the table or column.
 * The target is as it was then, and when cancelled.
 */
export async function loadBackup(input: LoadInput, options: JobOptions = {}): Promise<Loaded> {
  const found = await fromIntactCopy(input.vaults, (vault) => loadCopy(vault, input, options), options);
  if (found.kind === "damaged") return found;
  return { kind: "loaded", vault: found.vault, badCopies: found.badCopies, ...found.value };
}

async function loadCopy(vault: Vault, { source, target }: LoadInput, options: JobOptions) {
  const intake = new FileIntake({ path: target.filesDir, dataKey: target.dataKey }, source.backupId);
  const session = await openSession(target.database, options.signal);
  try {
    await intake.begin();
    await session.rows("BEGIN");
    const keys: PrimaryKey[] = [];
    const archive = await readArchive(
      openArchive(vault, source),
      source,
      visitorOf(session, intake, { ...options, keys }),
    );
    await restoreKeys(session, keys);
    await setSequences(session, archive.manifest);
    await session.rows("SET CONSTRAINTS ALL IMMEDIATE"); // so that COMMIT cannot fail after the files are in place
    options.signal?.throwIfAborted();
    await intake.publish();
    await session.rows("COMMIT");
    return archive;
  } catch (error) {
    throw fromServer(error);
  } finally {
    await session.close(); // an open transaction ends with its connection
    await intake.discard();
  }
}

function visitorOf(
  session: Session,
  intake: FileIntake,
  { onProgress, keys }: JobOptions & { readonly keys: PrimaryKey[] },
) {
  let tablesTotal = 0;
  let isFresh = false;
  let [tables, files] = [0, 0];
  return {
    async tables(listed: readonly ArchiveTable[]) {
      tablesTotal = listed.length;
      await refuseUnfit(session, listed);
      keys.push(...(await putKeysAside(session, listed)));
      isFresh = await emptied(session, listed);
    },
    async rows(table: ArchiveTable, copy: AsyncIterable<Buffer>) {
      const rows = await session.copyIn(copyInSql(table, isFresh), copy);
      onProgress?.({ step: "loading rows", done: ++tables, total: tablesTotal, unit: "tables" });
      return rows;
    },
    async file(sha256: string, content: AsyncIterable<Buffer>) {
      await intake.add(sha256, content);
      onProgress?.({ step: "loading files", done: ++files, total: null, unit: "files" });
    },
  };
}

interface PrimaryKey {
  readonly table: string;
  readonly name: string;
  /** As PostgreSQL writes it: `PRIMARY KEY (id)`. */
  readonly definition: string;
}

/**
 * An index that is built over loaded rows costs a fraction of one that each row is entered into: a third of a whole
 * load. In the transaction of the load, so that a table never is without its key for anybody else.
 */
async function putKeysAside(session: Session, listed: readonly ArchiveTable[]): Promise<PrimaryKey[]> {
  const rows = await session.rows(
    `SELECT c.relname AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS definition
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE k.contype = 'p' AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1::text[])
        AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid)`,
    [listed.map(({ name }) => name)],
  );
  const keys = rows as unknown as PrimaryKey[];
  for (const { table, name } of keys)
    await session.rows(`ALTER TABLE public.${quoted(table)} DROP CONSTRAINT ${quoted(name)}`);
  return keys;
}

/**
 * Empties what is empty already: rows that are copied into a table in the same transaction need no log where the server
 * keeps none for others, and no second look at each later. A third of a load.
 *
 * @returns false where a foreign key forbids it: then the rows are copied in the ordinary way.
 */
async function emptied(session: Session, listed: readonly ArchiveTable[]): Promise<boolean> {
  const [referred] = await session.rows(
    `SELECT 1 FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
      WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace LIMIT 1`,
  );
  if (listed.length === 0 || referred !== undefined) return false;
  await session.rows(`TRUNCATE ${listed.map(({ name }) => `public.${quoted(name)}`).join(", ")}`);
  return true;
}

/** Also says whether a key of the archive is there twice. */
async function restoreKeys(session: Session, keys: readonly PrimaryKey[]): Promise<void> {
  await session.rows(`SET LOCAL maintenance_work_mem = '${limits.indexMegabytes}MB'`);
  for (const { table, name, definition } of keys)
    await session.rows(`ALTER TABLE public.${quoted(table)} ADD CONSTRAINT ${quoted(name)} ${definition}`);
}

async function refuseUnfit(session: Session, listed: readonly ArchiveTable[]): Promise<void> {
  const existing = new Map((await catalogTables(session)).map((table) => [table.name, table]));
  for (const { name, columns } of listed) {
    const table = existing.get(name);
    if (table === undefined) throw refusal(`the target has no table "${name}"`);
    const unknown = columns.find((column) => !table.columns.includes(column));
    if (unknown !== undefined) throw refusal(`the target's table "${name}" has no column "${unknown}"`);
    await session.rows(`LOCK TABLE public.${quoted(name)} IN EXCLUSIVE MODE`);
    if ((await session.rows(`SELECT 1 FROM public.${quoted(name)} LIMIT 1`)).length > 0)
      throw new ExpectedError("conflict", `cannot load into the table "${name}": it has rows already`, {
        hint: "restore into a new database",
      });
  }
}

/** Last of all: a sequence does not go back when the transaction does. */
async function setSequences(session: Session, manifest: Manifest): Promise<void> {
  const rows = await session.rows(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace`,
  );
  const existing = new Set(rows.map((row) => row["name"]));
  const unknown = manifest.sequences.find((sequence) => !existing.has(sequence.name));
  if (unknown !== undefined) throw refusal(`the target has no sequence "${unknown.name}"`);
  for (const { name, value, called } of manifest.sequences)
    await session.rows("SELECT setval(format('public.%I', $1::text)::regclass, $2::bigint, $3::boolean)", [
      name,
      value,
      called,
    ]);
}

/** A value that the target's column cannot take is the archive's fault; a server that is gone is not. */
function fromServer(error: unknown): unknown {
  const { code, table, column } = error as { code?: unknown; table?: string; column?: string };
  if (typeof code !== "string" || !/^2[23][0-9A-Z]{3}$/.test(code)) return error;
  return refusal(
    `a row does not fit the target${table === undefined ? "" : ` table "${table}"`}${column === undefined ? "" : `, column "${column}"`} (${code})`,
    error,
  );
}
