import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { type Administration, identifier, literal } from "../cluster/administration.ts";
import { allDatabases, type TenantNames, tenantNames } from "../tenant-names.ts";

/** What no role of a tenant has, whatever else it may. */
const powerless = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

/** What one tenant may take from the others. A session may lower these; the last one not even that. */
const loginLimits: readonly (readonly [name: string, value: string])[] = [
  ["search_path", "public"],
  ["statement_timeout", "60s"],
  ["lock_timeout", "10s"],
  ["idle_in_transaction_session_timeout", "60s"],
  ["temp_file_limit", "1GB"],
  // The log of all databases: its errors are told to whoever makes them, and written by the server that asked. What
  // concerns the cluster itself (LOG and worse) stands there all the same, and backups read every page with a login
  // whose errors do. Only a superuser may set this, so no session changes it.
  ["log_min_messages", "log"],
];
const loginConnections = 20;

/**
 * Makes a tenant's owner (no login) and login role, or brings them to this state.
 *
 * @param verifier - of the login role's password; set every time, so that keystore and cluster agree
 * whatever happened between them. Settings too: PostgreSQL lets a role change its own password and defaults,
 * so whoever once got in could lock the customer out for good.
 * @returns whether a role was missing. One transaction. Claims ISO-1, ISO-2.
 */
export async function ensureRoles(
  cluster: Administration,
  names: TenantNames,
  verifier: string,
): Promise<boolean> {
  const present = await existingOf(cluster, [names.login, names.owner]);
  const owner = identifier(names.owner);
  const login = identifier(names.login);
  const databases = await cluster.query("SELECT FROM pg_database WHERE datname = $1", [names.database]);
  const own = databases.length > 0 && present.has(names.login);
  await cluster.together([
    ...(present.has(names.owner) ? [] : [`CREATE ROLE ${owner}`]),
    ...(present.has(names.login) ? [] : [`CREATE ROLE ${login}`]),
    `ALTER ROLE ${owner} NOLOGIN NOINHERIT ${powerless} PASSWORD NULL`,
    `ALTER ROLE ${login} LOGIN NOINHERIT ${powerless} CONNECTION LIMIT ${loginConnections} PASSWORD ${literal(verifier)}`,
    `ALTER ROLE ${login} RESET ALL`,
    ...(own ? [`ALTER ROLE ${login} IN DATABASE ${identifier(names.database)} RESET ALL`] : []),
    ...loginLimits.map(([name, value]) => `ALTER ROLE ${login} SET ${name} = ${literal(value)}`),
  ]);
  return !(present.has(names.owner) && present.has(names.login));
}

/**
 * Drops every role of a tenant. @returns whether there was any.
 * @throws ExpectedError `conflict` while its database exists, which they own and may enter.
 */
export async function removeRoles(cluster: Administration, tenantId: TenantId): Promise<boolean> {
  const databases = await cluster.query("SELECT FROM pg_database WHERE datname = ANY($1::name[])", [
    [...allDatabases(tenantId)],
  ]);
  if (databases.length > 0)
    throw new ExpectedError("conflict", "the roles of a database are removed after it", {
      hint: "remove the database first",
    });
  const present = await existing(cluster, tenantId);
  if (present.size === 0) return false;
  await cluster.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1::name[])",
    [[...present]],
  );
  await cluster.together([...present].map((name) => `DROP ROLE ${identifier(name)}`));
  return true;
}

/** A role that may log in until a time, and into one database only. */
export interface PassingRole {
  readonly name: string;
  readonly verifier: string;
  readonly validUntil: Date;
  readonly connections: number;
  /** Statements that give it what it needs; the role exists then. */
  readonly grants: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** Makes a passing role, new: one of that name dies first with its sessions. One transaction. */
export async function makePassingRole(
  cluster: Administration,
  { tenantId, database }: { readonly tenantId: TenantId; readonly database: string },
  role: PassingRole,
): Promise<void> {
  const name = identifier(role.name);
  await dropPassingRole(cluster, tenantId, role.name);
  const validity = `VALID UNTIL ${literal(role.validUntil.toISOString())}`;
  await cluster.together([
    `CREATE ROLE ${name} LOGIN INHERIT ${powerless} CONNECTION LIMIT ${role.connections} ${validity} PASSWORD ${literal(role.verifier)}`,
    `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${name}`,
    ...role.settings.map(([setting, value]) => `ALTER ROLE ${name} SET ${setting} = ${literal(value)}`),
    ...role.grants,
  ]);
}

/** The database that it was made for may be called otherwise by now: a restore swaps names. @returns whether it existed. */
export async function dropPassingRole(
  cluster: Administration,
  tenantId: TenantId,
  roleName: string,
): Promise<boolean> {
  const found = await cluster.query("SELECT FROM pg_roles WHERE rolname = $1", [roleName]);
  if (found.length === 0) return false;
  const name = identifier(roleName);
  // Committed before its sessions end, so that none begins between.
  await cluster.query(`ALTER ROLE ${name} NOLOGIN`);
  await cluster.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", [
    roleName,
  ]);
  const databases = await cluster.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname = ANY($1::name[])",
    [[...allDatabases(tenantId)]],
  );
  const revoke = databases.map(({ datname }) => `REVOKE ALL ON DATABASE ${identifier(datname)} FROM ${name}`);
  await cluster.together([...revoke, `DROP ROLE ${name}`]);
  return true;
}

async function existing(cluster: Administration, tenantId: TenantId): Promise<Set<string>> {
  const { reader, deploy, login, owner } = tenantNames(tenantId);
  const beside = tenantNames(tenantId, "beside");
  const all = [reader, deploy, beside.reader, beside.deploy, login, owner];
  return existingOf(cluster, all);
}

async function existingOf(cluster: Administration, names: readonly string[]): Promise<Set<string>> {
  const rows = await cluster.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname = ANY($1::name[])",
    [[...names]],
  );
  return new Set(rows.map((row) => row.rolname));
}
