import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { S3Connection, type S3VaultSpec } from "@holdfast/backups/s3-connection";
import type { TenantId } from "@holdfast/kernel/id";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { clusterHands, postgresNames } from "@holdfast/trust/cluster-hands";

/** One table's rows: how many, and a sum over their contents in which the order plays no part. */
export interface TableContent {
  readonly rows: number;
  readonly digest: string;
}

/** A file in a vault, with what its bytes are. */
export interface VaultFile {
  readonly vault: string;
  /** Path under the vault: `store/…` or `incoming/…`. */
  readonly path: string;
  readonly sha256: string;
}

/** Rows of the control database, as they stand there. */
export interface ControlRows {
  readonly customers: readonly { readonly name: string; readonly state: string }[];
  readonly databases: readonly {
    readonly name: string;
    readonly tenant: string;
    readonly state: string;
    readonly neutralized: boolean;
    readonly hasFormer: boolean;
  }[];
  readonly backups: readonly {
    readonly key: string;
    readonly tenant: string;
    readonly database: string | null;
    readonly state: string;
    readonly sha256: string | null;
    readonly takenAt: string;
    readonly provenAt: string | null;
  }[];
  readonly copies: readonly { readonly key: string; readonly vault: string; readonly state: string }[];
  readonly openOperations: number;
}

/**
 * Everything that exists of customers, looked at from outside of all of our parts: by the cluster's own
 * administrator, on the disk and among processes. Neither agent nor control is asked anything.
 */
export interface Inventory {
  readonly databases: readonly string[];
  readonly roles: readonly string[];
  readonly keys: readonly string[];
  readonly files: readonly string[];
  readonly certificates: readonly string[];
  readonly objects: readonly VaultFile[];
  /** Files of zips that come by pieces. */
  readonly pieces: readonly string[];
  readonly jobs: number;
  readonly controls: number;
  readonly agents: number;
  readonly rows: ControlRows;
  /** By PostgreSQL's name of each served database, then by table. */
  readonly content: Readonly<Record<string, Readonly<Record<string, TableContent>>>>;
}

const ownerless = `datname NOT IN ('postgres', 'template0', 'template1')`;
const namesQuery = `SELECT json_build_object(
  'databases', (SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM pg_database WHERE ${ownerless}),
  'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles
    WHERE rolname !~ '^pg_' AND rolname <> 'holdfast'))`;
const rowsQuery = `SELECT json_build_object(
  'customers', (SELECT coalesce(json_agg(json_build_object('name', name, 'state', state)), '[]')
    FROM platform_customer WHERE state <> 'draft'),
  'databases', (SELECT coalesce(json_agg(json_build_object('name', name, 'tenant', tenant_id, 'state', state,
    'neutralized', neutralized, 'hasFormer', former_until IS NOT NULL)), '[]') FROM platform_database),
  'backups', (SELECT coalesce(json_agg(json_build_object('key', b.key, 'tenant', b.tenant_id, 'database', d.name,
    'state', b.state, 'sha256', b.sha256, 'takenAt', b.taken_at, 'provenAt', b.proven_at)), '[]') FROM platform_backup b LEFT JOIN platform_database d ON d.id = b.database_id),
  'copies', (SELECT coalesce(json_agg(json_build_object('key', b.key, 'vault', c.vault, 'state', c.state)), '[]')
    FROM platform_backup_copy c JOIN platform_backup b ON b.id = c.backup_id),
  'openOperations', (SELECT count(*) FROM platform_operation WHERE ended_at IS NULL))`;
const contentQuery = `SELECT coalesce(json_agg(json_build_object('table', relname, 'found', query_to_xml(format(
  'SELECT count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)), 0) AS d FROM %I t', relname), false, true, ''))), '[]')
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`;

/** Looks at everything once. PostgreSQL must run; no other part need. */
export async function takeInventory(folder: DataFolder, controlTenantId: TenantId): Promise<Inventory> {
  const { run } = clusterHands(folder);
  const [main, control] = await Promise.all(
    (["main", "control"] as const).map(async (cluster) =>
      JSON.parse(await run(cluster, "postgres", namesQuery)),
    ),
  );
  const named = (part: "databases" | "roles"): string[] => [
    ...main[part].map((name: string) => `${name} in main`),
    ...control[part].map((name: string) => `${name} in control`),
  ];
  const rows: ControlRows = JSON.parse(
    await run("control", postgresNames(controlTenantId).database, rowsQuery),
  );
  const served = (main.databases as string[]).filter((name) => name.startsWith("t_"));
  const content = await Promise.all(
    served.map(async (name) => [name, contentOf(await run("main", name, contentQuery))] as const),
  );
  return {
    databases: named("databases"),
    roles: named("roles"),
    keys: namesIn(folder.keystore),
    files: namesIn(folder.files),
    certificates: namesIn(join(folder.ca, "issued")),
    objects: [...vaultFiles(folder.vaults), ...(await bucketFiles(folder))],
    pieces: filesBelow(folder.uploads),
    jobs: processesOf(folder, "/backups/src/child.ts"),
    controls: processesOf(folder, "/control/src/main.ts"),
    agents: processesOf(folder, "/agent/src/main.ts"),
    rows,
    content: Object.fromEntries(content),
  };
}

function contentOf(answer: string): Record<string, TableContent> {
  const tables: { table: string; found: string }[] = JSON.parse(answer);
  return Object.fromEntries(
    tables.map(({ table, found }) => [
      table,
      { rows: Number(/<n>(\d+)<\/n>/.exec(found)?.[1]), digest: /<d>(-?\d+)<\/d>/.exec(found)?.[1] ?? "" },
    ]),
  );
}

function namesIn(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path)
        .filter((name) => !name.startsWith("."))
        .sort()
    : [];
}

function filesBelow(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    : [];
}

function vaultFiles(vaults: string): VaultFile[] {
  return namesIn(vaults).flatMap((vault) =>
    readdirSync(join(vaults, vault), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ vault, path: path.slice(join(vaults, vault).length + 1), sha256: digestOf(path) })),
  );
}

/** Names buckets that are vaults too, as the test that made them wrote them down: `{ vault: writer's spec }`. */
export const bucketsFile = ({ root }: DataFolder): string => join(root, "judged-buckets.json");

async function bucketFiles(folder: DataFolder): Promise<VaultFile[]> {
  if (!existsSync(bucketsFile(folder))) return [];
  const buckets = JSON.parse(readFileSync(bucketsFile(folder), "utf8")) as Record<string, S3VaultSpec>;
  const all = await Promise.all(Object.entries(buckets).map(([vault, spec]) => filesIn(vault, spec)));
  return all.flat();
}

/** What a bucket shows, and uploads that nobody ended. */
async function filesIn(vault: string, spec: S3VaultSpec): Promise<VaultFile[]> {
  const s3 = new S3Connection(spec);
  const Bucket = spec.bucket;
  try {
    const listed = await s3.run((sdk, client) => client.send(new sdk.ListObjectsV2Command({ Bucket })));
    const unended = await s3.run((sdk, client) =>
      client.send(new sdk.ListMultipartUploadsCommand({ Bucket })),
    );
    const found: VaultFile[] = (unended.Uploads ?? []).map(({ Key }) => ({
      vault,
      path: `incoming/${Key}`,
      sha256: "",
    }));
    for (const { Key } of listed.Contents ?? []) {
      const got = await s3.run((sdk, client) => client.send(new sdk.GetObjectCommand({ Bucket, Key })));
      const bytes = await got.Body?.transformToByteArray();
      found.push({
        vault,
        path: `store/${Key}`,
        sha256: createHash("sha256")
          .update(bytes ?? "")
          .digest("hex"),
      });
    }
    return found;
  } finally {
    await s3.close();
  }
}

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Processes that run a program of ours over this folder, whoever their parent is by now. */
function processesOf({ root }: DataFolder, program: string): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return words.some((word) => word.endsWith(program)) && words.includes(root);
    } catch {
      return false;
    }
  }).length;
}

/** The same as lines, ids left in: what came and went between two of them is what somebody did. */
export function linesOf(inventory: Inventory): string[] {
  const { rows } = inventory;
  const ofDatabase = new Map(rows.backups.map(({ key, database }) => [key, database]));
  return [
    ...inventory.databases.map((name) => `database ${name}`),
    ...inventory.roles.map((name) => `role ${name}`),
    ...inventory.keys.map((name) => `key ${name}`),
    ...inventory.files.map((name) => `files ${name}`),
    ...inventory.certificates.map((name) => `certificate ${name}`),
    // How often a catalog was signed anew depends on what ran twice; what it says is checked by its own faults.
    ...inventory.objects
      .filter(({ path }) => !path.endsWith(".hfh"))
      .map(({ vault, path }) => `${path.startsWith("store/") ? "object" : "PART"} ${path} in ${vault}`),
    ...Array.from({ length: inventory.jobs }, () => "JOB PROCESS"),
    ...rows.customers.map(({ name, state }) => `row of customer ${name}: ${state}`),
    ...rows.databases.map(
      ({ name, tenant, state, neutralized }) =>
        `row of database ${name} ${tenant}: ${state}${neutralized ? ", neutralized" : ""}`,
    ),
    ...rows.backups.map(
      ({ key, state }) => `row of backup ${key}: ${state} of ${ofDatabase.get(key) ?? "no database"}`,
    ),
    ...rows.copies.map(({ key, vault, state }) => `row of copy of ${key} in ${vault}: ${state}`),
    ...Object.entries(inventory.content).flatMap(([database, tables]) =>
      Object.entries(tables).map(
        ([table, { rows: count }]) => `content of ${database}: ${count} rows of ${table}`,
      ),
    ),
  ].sort();
}
