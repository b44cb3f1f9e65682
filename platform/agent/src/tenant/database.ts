import { ExpectedError } from "@holdfast/kernel/errors";
import { type Administration, identifier, literal } from "../cluster/administration.ts";
import type { TenantNames } from "../tenant-names.ts";

/**
 * Stands as the database's comment once all of {@link isolation} holds in it; until then nobody is let in. The last
 * one is today's: what carries an older one is let in, and brought up to it by {@link isolateAnew}.
 */
export const completeMarks = ["complete", "complete 2"] as const;
const [, completeMark] = completeMarks;

/**
 * Makes a tenant's database and closes it to everybody else, or finishes what was begun.
 *
 * @returns whether anything was missing.
 * @throws ExpectedError `conflict` without its roles. `CREATE DATABASE` knows no transaction: a crash
 * leaves either no database or one without the mark, which the next run completes.
 */
export async function ensureDatabase(cluster: Administration, names: TenantNames): Promise<boolean> {
  const state = await databaseState(cluster, names.database);
  if (state === "complete") return isolateAnew(cluster, names);
  if (state === "absent") await create(cluster, names);
  await cluster.together([
    `REVOKE ALL ON DATABASE ${identifier(names.database)} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${identifier(names.database)} TO ${identifier(names.login)}`,
  ]);
  await cluster.within(names.database, isolation(names));
  await cluster.query(`COMMENT ON DATABASE ${identifier(names.database)} IS ${literal(completeMark)}`);
  return true;
}

/** Drops it with its sessions. @returns whether it existed. */
export async function removeDatabase(cluster: Administration, names: TenantNames): Promise<boolean> {
  if ((await databaseState(cluster, names.database)) === "absent") return false;
  await cluster.query(`DROP DATABASE IF EXISTS ${identifier(names.database)} WITH (FORCE)`);
  return true;
}

export async function databaseState(
  cluster: Administration,
  database: string,
): Promise<"absent" | "begun" | "complete"> {
  const [row] = await cluster.query<{ mark: string | null }>(
    "SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = $1",
    [database],
  );
  if (!row) return "absent";
  return completeMarks.some((mark) => mark === row.mark) ? "complete" : "begun";
}

/** Brings a complete database, made when {@link isolation} said less, up to what it says today. @returns whether it had to. */
export async function isolateAnew(cluster: Administration, names: TenantNames): Promise<boolean> {
  const older = completeMarks.filter((mark) => mark !== completeMark);
  const found = await cluster.query(
    "SELECT FROM pg_database WHERE datname = $1 AND datallowconn AND shobj_description(oid, 'pg_database') = ANY($2::text[])",
    [names.database, older],
  );
  if (found.length === 0) return false;
  await cluster.within(names.database, isolation(names));
  await cluster.query(`COMMENT ON DATABASE ${identifier(names.database)} IS ${literal(completeMark)}`);
  return true;
}

async function create(cluster: Administration, names: TenantNames): Promise<void> {
  const roles = await cluster.query("SELECT FROM pg_roles WHERE rolname IN ($1, $2)", [
    names.owner,
    names.login,
  ]);
  if (roles.length < 2)
    throw new ExpectedError("conflict", "a database needs its roles first", {
      hint: "call tenant.ensureRoles before",
    });
  await cluster.query(
    `CREATE DATABASE ${identifier(names.database)} OWNER ${identifier(names.owner)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
}

/** Built-ins that a tenant's roles have no use for, by what an intruder would do with them. */
const uselessFunctions = [
  // Large objects lie outside tables: no rule guards them and no backup of ours holds them.
  "^lo_",
  "^lo(read|write)$",
  // The clock of a blind injection.
  "^pg_sleep",
  // Who else works on this cluster, and when.
  "^pg_stat_get_(activity|backend|db_|wal|replication|progress)",
  "^pg_(lock_status|prepared_xact|show_replication)",
  // What all databases of a cluster share: the table of locks, the log that is written ahead, the queue of notices.
  "^pg_(try_)?advisory_",
  "^pg_logical_emit_message$",
  "^pg_notify$",
  // Files and programs of the host; already only for superusers, said again.
  "^pg_(read|ls|stat)_(file|binary_file|dir)",
] as const;
const uselessViews = [
  "pg_stat_activity",
  "pg_stat_database",
  "pg_stat_ssl",
  "pg_stat_gssapi",
  "pg_stat_replication",
  "pg_locks",
] as const;

/**
 * What makes a database a tenant's own. The login role gets rows, never structure; PUBLIC gets
 * nothing; languages are the owner's, so the login role runs no `DO` block; `dblink` and foreign data
 * wrappers need a superuser to be installed, and no tenant's role is one. Source: claim ISO-2.
 */
function isolation(names: TenantNames): string[] {
  const login = identifier(names.login);
  const owner = identifier(names.owner);
  const functions = literal(uselessFunctions.join("|"));
  return [
    // By name, since an owner that inherits nothing is not reached through `pg_database_owner`.
    `ALTER SCHEMA public OWNER TO ${owner}`,
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    `GRANT USAGE ON SCHEMA public TO ${login}`,
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    "REVOKE USAGE ON LANGUAGE sql FROM PUBLIC",
    `GRANT USAGE ON LANGUAGE plpgsql, sql TO ${owner}`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${login}`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT USAGE, SELECT ON SEQUENCES TO ${login}`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT EXECUTE ON FUNCTIONS TO ${login}`,
    ...uselessViews.map((view) => `REVOKE ALL ON pg_catalog.${view} FROM PUBLIC`),
    // One change of the schema at a time, and no collection of files during a backup: by these alone.
    `GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO ${owner}`,
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO pg_read_all_data",
    `DO $do$ DECLARE f regprocedure; BEGIN
       FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ ${functions}
       LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $do$`,
  ];
}
