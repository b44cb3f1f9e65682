import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DirectoryVaultSpec } from "@holdfast/backups/directory-vault";
import { type DatabaseAddress, openSession } from "@holdfast/backups/postgres";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import { tlsCluster } from "@holdfast/framework/testing/cluster";
import { freePort } from "@holdfast/framework/testing/free-port";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import type { BenchRun } from "./benchmark.ts";

/** Where backups are measured. */
export type Bed = Awaited<ReturnType<typeof testBed>>;

/** A cluster, three vaults and a customer's key. */
export async function testBed(bench: BenchRun) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-backup-"));
  bench.cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  // Over TLS, as backup jobs read in production; without durability for both sides.
  const pems = testCertificate(folder, ["localhost"]);
  const caFile = join(folder, "ca.crt");
  const cluster = await tlsCluster({ ...pems, caFile, port: await freePort() });
  const addressOf = (database: string): DatabaseAddress => {
    const { host, port, user } = cluster.connection(database);
    return { host, port, user, database, caFile };
  };
  const sql = async (database: string, text: string): Promise<void> => {
    const session = await openSession(addressOf(database));
    try {
      await session.rows("SET search_path = public");
      await session.rows(text);
    } finally {
      await session.close();
    }
  };
  const specs = ["paris", "helsinki", "montreal"].map((name): DirectoryVaultSpec => {
    const path = join(folder, name);
    mkdirSync(path);
    const place = {
      name,
      dataCenter: name,
      city: name,
      country: "",
      continent: "",
      provider: "",
      simulated: true,
    };
    return { kind: "directory", path, keeper: "inline", freeBytes: 0, place };
  });
  return {
    folder,
    specs,
    addressOf,
    /** The same address for PostgreSQL's own programs. */
    libpq: (database: string) => {
      const { host, port, user } = addressOf(database);
      return `host=${host} port=${port} user=${user} dbname=${database} sslmode=verify-full sslrootcert=${caFile}`;
    },
    sql,
    dataKey: randomBytes(32),
    tenantId: newId<"tenant">(Date.now(), systemRandom.bytes(10)),
    create: async (name: string, statements: Iterable<string>): Promise<string> => {
      await sql("postgres", `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
      for (const statement of statements) await sql(name, statement);
      return name;
    },
    drop: (name: string) => sql("postgres", `DROP DATABASE ${name}`),
  };
}

const newBackup = () => newId<"backup">(Date.now(), systemRandom.bytes(10));

/** What taking a backup of a database is asked with. */
export function takeOf(bed: Bed, database: string) {
  const identity = { tenantId: bed.tenantId, backupId: newBackup() };
  const head = { name: "bench", apps: [], codeVersion: "0.1.0" };
  const filesDir = join(bed.folder, "no-files");
  return { ...identity, head, filesDir, database: bed.addressOf(database), pgDump: program("pg_dump") };
}

const debianFolder = "/usr/lib/postgresql";

/** A program of the newest PostgreSQL here. @throws when there is none. */
export function program(name: string): string {
  const majors = existsSync(debianFolder)
    ? readdirSync(debianFolder).map(Number).filter(Number.isFinite)
    : [];
  const [newest] = majors.sort((a, b) => b - a);
  if (newest === undefined) throw new Error(`there is no ${name} in ${debianFolder}`);
  return join(debianFolder, String(newest), "bin", name);
}
