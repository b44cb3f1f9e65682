import { type CatalogTable, catalogTables } from "./catalog.ts";
import { quoted, type Session } from "./postgres.ts";

/** One moment of the database that several connections can read. */
export interface Snapshot {
  /** For `--snapshot` and SET TRANSACTION SNAPSHOT of other connections while this one stays open. */
  readonly name: string;
  readonly lsn: string;
  readonly postgresVersion: string;
  readonly tables: readonly CatalogTable[];
}

/**
 * Advisory lock, held shared while a backup reads the files: whoever removes file objects of a customer takes
 * it exclusively in that customer's database (pg_try_advisory_xact_lock), so that collection never races a backup.
 */
export const fileCollectionLock = 4_849_301_726;

/** Runs work under one exported snapshot; changes of the tables' shape wait until it ends, reads and writes do not. */
export async function withSnapshot<T>(
  session: Session,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  await session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await session.rows("SELECT pg_advisory_xact_lock_shared($1)", [fileCollectionLock]);
  const [row] =
    await session.rows(`SELECT pg_export_snapshot() AS name, current_setting('server_version') AS version,
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS lsn`);
  const tables = await catalogTables(session);
  for (const table of tables)
    await session.rows(`LOCK TABLE public.${quoted(table.name)} IN ACCESS SHARE MODE`);
  const result = await work({
    name: String(row?.["name"]),
    lsn: String(row?.["lsn"]),
    postgresVersion: String(row?.["version"]),
    tables,
  });
  await session.rows("COMMIT");
  return result;
}
