import { execFile, spawn } from "node:child_process";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DatabaseAddress, openSession } from "../postgres.ts";
import { temporaryFolder } from "./temporary.ts";

const run = promisify(execFile);
const binaries = "/usr/lib/postgresql/15/bin";
/** Debian's clients of the server that tests run. */
export const pgDump = join(binaries, "pg_dump");
/** See {@link pgDump}. */
export const psql = join(binaries, "psql");

/** A PostgreSQL server of its own in a temporary folder, with a password, on a free port of 127.0.0.1. */
export interface TestCluster {
  readonly superuser: DatabaseAddress;
  /** Creates an empty database as the product does: UTF-8, collation C. @returns its address as superuser. */
  createDatabase(name: string): Promise<DatabaseAddress>;
  sql(database: DatabaseAddress, text: string): Promise<Record<string, unknown>[]>;
  /** The same database over TLS, the server's certificate verified. */
  overTls(database: DatabaseAddress): DatabaseAddress;
  stop(): Promise<void>;
}

/** Starts one, empty; whoever started it stops it. */
export async function startCluster(): Promise<TestCluster> {
  const folder = temporaryFolder("cluster");
  const user = process.getuid?.() === 0 ? await idsOf("postgres") : {};
  const password = "p4ss word'\\=";
  await writeFile(join(folder, "password"), password, { mode: 0o644 });
  await run("install", ["-d", "-m", "700", ...("uid" in user ? ["-o", "postgres"] : []), join(folder, "pg")]);
  const auth = ["-A", "scram-sha-256", "-U", "postgres", `--pwfile=${join(folder, "password")}`];
  await run(
    join(binaries, "initdb"),
    ["-D", join(folder, "pg"), "--no-sync", "-E", "UTF8", "--locale=C", ...auth],
    user,
  );
  const caFile = await certificateFor(folder, user);
  const port = await freePort();
  const options = [
    "fsync=off",
    "ssl=on",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=40",
    "wal_level=minimal",
    "max_wal_senders=0",
  ];
  const server = spawn(
    join(binaries, "postgres"),
    ["-D", join(folder, "pg"), "-p", String(port), ...options.flatMap((option) => ["-c", option])],
    {
      ...user,
      stdio: "ignore",
    },
  );
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const superuser = { host: "127.0.0.1", port, user: "postgres", password, database: "postgres" };
  const sql = async (database: DatabaseAddress, text: string) => {
    const session = await openSession(database);
    try {
      await session.rows("SET search_path = public");
      return await session.rows(text);
    } finally {
      await session.close();
    }
  };
  await ready(() => sql(superuser, "SELECT 1"));
  return {
    superuser,
    sql,
    async createDatabase(name) {
      await sql(superuser, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
      return { ...superuser, database: name };
    },
    overTls: (database) => ({ ...database, host: "localhost", caFile }),
    async stop() {
      server.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A self-signed certificate for localhost in the server's folder. @returns a copy that clients may read. */
async function certificateFor(folder: string, user: { uid?: number; gid?: number }): Promise<string> {
  const files = ["-keyout", join(folder, "pg/server.key"), "-out", join(folder, "pg/server.crt")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run(
    "openssl",
    ["req", "-x509", ...curve, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", ...files],
    user,
  );
  await run("chmod", ["600", join(folder, "pg/server.key")], user);
  await copyFile(join(folder, "pg/server.crt"), join(folder, "ca.crt"));
  return join(folder, "ca.crt");
}

async function ready(attempt: () => Promise<unknown>): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (waited > 10_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function idsOf(name: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
