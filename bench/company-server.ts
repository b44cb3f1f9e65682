import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { baseApp } from "@holdfast/app-base/app";
import { createAdministrator, createUser } from "@holdfast/app-base/create-user";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import { passwordHasher } from "@holdfast/framework/identity/hasher";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { freePort } from "@holdfast/framework/testing/free-port";
import { testTenant } from "@holdfast/framework/testing/identity";
import { benchApp, restrictedGroup } from "./bench-app.ts";
import type { BenchRun } from "./benchmark.ts";

/** The real server, one worker, as a process of its own over a database of its own. */
export interface CompanyServer {
  readonly db: TestDatabase;
  /** Also the port and folder of a reference that is to be served alike. */
  readonly port: number;
  readonly host: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Of the process that answers: for its CPU time and memory. */
  readonly pid: number;
  readonly users: { readonly admin: number; readonly restricted: number; readonly sales: number };
  /** The `cookie` header of a fresh session. */
  session(userId: number): Promise<string>;
  /** An API key, for `Authorization: Bearer`. */
  key(userId: number): Promise<string>;
}

export interface CompanyServerOptions {
  /** Fills the database before the server opens it. */
  fill?(db: TestDatabase, users: CompanyServer["users"]): Promise<void>;
  /** Flags for the server's Node, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
}

const host = "acme.localhost";
const main = fileURLToPath(new URL("../software/server/src/main.ts", import.meta.url));
const hardening = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];
const apps = [baseApp, contactsApp, productsApp, salesApp, benchApp];
const appModules = [
  "@holdfast/app-base/app",
  "@holdfast/app-contacts/app",
  "@holdfast/app-products/app",
  "@holdfast/app-sales/app",
  fileURLToPath(new URL("bench-app.ts", import.meta.url)),
];

/** Starts it; the run's clean-up stops it and drops its database. */
export async function companyServer(
  run: BenchRun,
  options: CompanyServerOptions = {},
): Promise<CompanyServer> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  run.cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  const db = await testDatabase(apps);
  run.cleanUp(() => db.close());
  const dataKey = randomBytes(32);
  const tenant = testTenant(db, { hasher: passwordHasher() });
  const users = await makeUsers(db);
  await options.fill?.(db, users);
  const pems = testCertificate(folder, [host]);
  const port = await freePort();
  writeConfiguration(folder, { db, port, dataKey });
  const server = start(folder, options.nodeFlags ?? []);
  run.cleanUp(() => stop(server));
  await ready(server);
  return {
    db,
    port,
    host,
    ...pems,
    pid: workerOf(server.pid as number),
    users,
    async session(userId) {
      const { id } = await tenant.identity.openSession(userId, { source: "127.0.0.1", userAgent: "bench" });
      return `__Host-session_id=${id}`;
    },
    key: (userId) => tenant.identity.createApiKey(userId, "bench"),
  };
}

function makeUsers(db: TestDatabase): Promise<CompanyServer["users"]> {
  return db.data.writing(db.system(), async (env) => ({
    admin: await createAdministrator(env, { login: "admin", name: "Ada Admin" }),
    restricted: await createUser(env, { login: "rita", name: "Rita", groups: [restrictedGroup] }),
    sales: await createUser(env, { login: "sam", name: "Sam", groups: ["sales.user"] }),
  }));
}

function writeConfiguration(
  folder: string,
  given: { readonly db: TestDatabase; readonly port: number; readonly dataKey: Uint8Array },
): void {
  const { host: at, port, database, user } = given.db.connection;
  writeFileSync(join(folder, "data.key"), given.dataKey);
  mkdirSync(join(folder, "files"));
  const config = {
    port: given.port,
    hosts: [host],
    name: "acme",
    apps: appModules,
    database: { host: at, port, database, user },
    certificateFile: "leaf.crt",
    keyFile: "leaf.key",
    dataKeyFile: "data.key",
    filesDir: "files",
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
}

function start(folder: string, nodeFlags: readonly string[]): ChildProcess {
  const flags = [...nodeFlags, ...hardening, main, "--config", join(folder, "config.json"), "--workers", "1"];
  return spawn(process.execPath, flags, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(() => {
    throw new Error("the server ended before it was ready");
  });
  await Promise.race([once(child, "message"), ended]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** The primary only watches; its one child answers. */
function workerOf(primary: number): number {
  const [first] = readFileSync(`/proc/${primary}/task/${primary}/children`, "utf8").trim().split(" ");
  return Number(first);
}
