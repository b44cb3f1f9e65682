import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@holdfast/framework/sql/database";
import { sql } from "@holdfast/framework/sql/sql";
import type { TenantId } from "@holdfast/kernel/id";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { inventory, openTenant } from "@holdfast/protocol/agent-methods";
import { controlActor } from "../actor.ts";
import type { Installation } from "./installation.ts";
import { withControlData } from "./open-data.ts";

/**
 * Everything that exists of customers, seen from outside of control: databases, roles, keys, folders,
 * objects in vaults whole and not, certificates, job processes, what stands in each database, and the
 * rows of the control database. One line each, sorted.
 */
export async function snapshot(installation: Installation): Promise<string[]> {
  const found = await installation.askAgent(inventory, {});
  const tenants = found.databases.flatMap(({ tenantId, cluster }) =>
    tenantId && cluster === "main" ? [tenantId] : [],
  );
  return [
    ...found.databases.map(({ name, cluster }) => `database ${name} in ${cluster}`),
    ...found.roles.map(({ name, cluster }) => `role ${name} in ${cluster}`),
    ...found.keys.map(({ name }) => `key ${name}`),
    ...found.files.map(({ name }) => `files ${name}`),
    ...found.vaultObjects.map(({ vault, name, whole }) =>
      // Catalogs are many and numbered; that there is one is what counts.
      name.endsWith(".hfh")
        ? `catalog ${name.split("/")[0]} in ${vault}`
        : `${whole ? "object" : "PART"} ${name} in ${vault}`,
    ),
    ...certificates(installation).map((name) => `certificate ${name}`),
    ...jobProcesses(installation).map(() => "JOB PROCESS"),
    ...(await controlRows(installation)),
    ...(await Promise.all(tenants.map((tenantId) => contentOf(installation, tenantId)))).flat(),
  ].sort();
}

/** What came and went between two snapshots, ids masked: the same for every run of the same work. */
export function change(before: readonly string[], after: readonly string[]): string[] {
  const had = new Set(before);
  const has = new Set(after);
  const lines = [
    ...before.filter((line) => !has.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
  ];
  return lines.map(masked).sort();
}

function masked(line: string): string {
  return line.replace(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, "ID");
}

function certificates({ folder }: Installation): string[] {
  const issued = join(folder.ca, "issued");
  return existsSync(issued) ? readdirSync(issued) : [];
}

/** Backup jobs of this installation, whoever their parent is by now. */
export function jobProcesses({ folder }: Installation): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      return words.some((word) => word.endsWith("/backups/src/child.ts")) && words.includes(folder.root);
    });
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

async function controlRows(installation: Installation): Promise<string[]> {
  return withControlData(installation, async (data) => {
    const env = data.reading(controlActor);
    const customers = await env.of(Customer).searchRead([["state", "!=", "draft"]], ["name", "state"]);
    const databases = await env.of(Database).searchRead([], ["name", "state", "neutralized", "tenant_id"]);
    const backups = await env.of(Backup).searchRead([], ["key", "state", "database_id"]);
    const copies = await env.of(BackupCopy).searchRead([], ["backup_id", "vault", "state"]);
    return [
      ...customers.map(({ name, state }) => `row of customer ${name}: ${state}`),
      ...databases.map(
        ({ name, state, neutralized, tenant_id }) =>
          `row of database ${name} ${tenant_id}: ${state}${neutralized ? ", neutralized" : ""}`,
      ),
      ...backups.map(
        ({ key, state, database_id }) =>
          `row of backup ${key}: ${state} of ${database_id?.displayName ?? "no database"}`,
      ),
      ...copies.map(
        ({ backup_id, vault, state }) => `row of copy of ${backup_id.displayName} in ${vault}: ${state}`,
      ),
    ];
  });
}

/** How many rows each table has: a database filled twice, or half, shows. */
async function contentOf(installation: Installation, tenantId: TenantId): Promise<string[]> {
  const opened = await installation.askAgent(openTenant, { tenantId }).catch(() => undefined);
  if (!opened) return [`NOT OPEN ${tenantId}`];
  const database = openDatabase({ ...opened.connection, maxConnections: 1, applicationName: "fault test" });
  try {
    const rows = await database.rows<{ line: string }>(sql`
      SELECT format('%s rows of %s', (xpath('/row/n/text()',
        query_to_xml(format('SELECT count(*) AS n FROM %I', relname), false, true, '')))[1], relname) AS line
      FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`);
    return rows.map(({ line }) => `content of ${tenantId}: ${line}`);
  } finally {
    await database.close();
  }
}
