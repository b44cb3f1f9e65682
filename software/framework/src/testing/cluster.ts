import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../sql/database.ts";

/** A PostgreSQL of this process alone, without durability; gone when the process ends. */
export interface TestCluster {
  /** Enters as its superuser. */
  connection(database: string): Connection;
  /** What the server itself writes. */
  readonly logFile: string;
}

const prefix = "holdfast-test-pg-";
const readyMilliseconds = 20_000;
const stopMilliseconds = 3_000;
const pollMilliseconds = 10;
const port = 5432;

const settings = [
  "listen_addresses = ''",
  "fsync = off",
  "synchronous_commit = off",
  "full_page_writes = off",
  "autovacuum = off",
  "max_connections = 100",
  "shared_buffers = 32MB",
  "wal_level = minimal",
  "max_wal_senders = 0",
];

let started: Promise<TestCluster> | undefined;

/** Starts the cluster on first use (about a second); every later call gives the same one. */
export function testCluster(): Promise<TestCluster> {
  started ??= start();
  return started;
}

/** What a cluster needs to answer over TLS, all PEM; its certificate is for `localhost`. */
export interface ClusterTls {
  readonly port: number;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** The file with the authority that the certificate is verified with. */
  readonly caFile: string;
}

/** A cluster of its own that is reached over TLS, as those of production are; gone when the process ends. */
export function tlsCluster(tls: ClusterTls): Promise<TestCluster> {
  return start(tls);
}

async function start(tls?: ClusterTls): Promise<TestCluster> {
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const account = serverAccount();
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, "owner"), String(process.pid));
  const data = join(folder, "data");
  emptyCluster(data, account);
  const own = [`unix_socket_directories = '${folder}'`, ...(tls ? serveTls(data, tls, account) : [])];
  writeFileSync(join(data, "postgresql.auto.conf"), [...settings, ...own, ""].join("\n"));
  const logFile = join(folder, "server.log");
  const log = openSync(logFile, "a");
  const server = spawn(join(binaries(), "postgres"), ["-D", data], {
    ...account,
    cwd: "/",
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  server.unref();
  process.once("exit", () => stop(folder, server.pid));
  await ready(folder, () => server.exitCode !== null);
  return {
    logFile,
    connection: (database) => ({
      host: tls ? "localhost" : folder,
      port: tls?.port ?? port,
      database,
      user: "postgres",
      password: "",
      caFile: tls?.caFile ?? null,
    }),
  };
}

/** @returns the settings for it; of two of the same name the last counts. */
function serveTls(data: string, tls: ClusterTls, account: ReturnType<typeof serverAccount>): string[] {
  for (const [name, pem] of [
    ["server.crt", tls.certificatePem],
    ["server.key", tls.keyPem],
  ] as const) {
    const path = join(data, name);
    writeFileSync(path, pem, { mode: 0o600 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  }
  return ["listen_addresses = 'localhost'", `port = ${tls.port}`, "ssl = on"];
}

const flags = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"];

/** Makes a cluster's folder; in a whole run of the tests by copying the one that was made first. */
function emptyCluster(data: string, account: { readonly uid?: number; readonly gid?: number }): void {
  // biome-ignore lint/style/noProcessEnv: the test runner has no other way to tell a test file
  const { HOLDFAST_SCRATCH: scratch } = process.env;
  const initdb = (folder: string) =>
    execFileSync(join(binaries(), "initdb"), ["-D", folder, ...flags], {
      ...account,
      cwd: "/",
      stdio: "ignore",
    });
  if (scratch === undefined) return void initdb(data);
  const kept = join(scratch, "empty-cluster");
  if (!existsSync(kept)) {
    const fresh = join(scratch, `empty-cluster-${process.pid}`);
    initdb(fresh);
    renameUnlessThere(fresh, kept);
  }
  execFileSync("cp", ["-a", "--reflink=auto", kept, data]);
}

/** Two may make the same at once: the first counts. */
function renameUnlessThere(fresh: string, kept: string): void {
  try {
    renameSync(fresh, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
    rmSync(fresh, { recursive: true });
  }
}

/** PostgreSQL refuses to run as root; then its own system user does. */
function serverAccount(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith("postgres:"));
  const [, , uid, gid] = entry?.split(":") ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error("no system user postgres: install Debian's postgresql");
  return { uid: Number(uid), gid: Number(gid) };
}

function binaries(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter(Number.isFinite)
        .sort((a, b) => b - a)
    : [];
  const found = versions
    .map((version) => join(root, String(version), "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
  if (found === undefined) throw new Error(`no PostgreSQL under ${root}: install Debian's postgresql`);
  return found;
}

async function ready(folder: string, ended: () => boolean): Promise<void> {
  const limit = performance.now() + readyMilliseconds;
  while (!readyIn(folder)) {
    if (ended() || performance.now() > limit) throw new Error("the test cluster did not start");
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}

/** PostgreSQL writes its state into the eighth line of its pid file. */
function readyIn(folder: string): boolean {
  const file = join(folder, "data", "postmaster.pid");
  return existsSync(file) && readFileSync(file, "utf8").split("\n")[7]?.trim() === "ready";
}

/** Ends the server at once, but lets it give back its shared memory; then removes its folder. */
function stop(folder: string, pid: number | undefined): void {
  if (pid !== undefined) {
    signal(pid, "SIGQUIT");
    if (!endsWithin(stopMilliseconds, pid)) signal(pid, "SIGKILL");
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

function signal(pid: number, name: "SIGQUIT" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

/** Waits without the event loop: it stands still while the process exits. */
function endsWithin(milliseconds: number, pid: number): boolean {
  const limit = performance.now() + milliseconds;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (isAlive(pid)) {
    if (performance.now() > limit) return false;
    Atomics.wait(pause, 0, 0, pollMilliseconds);
  }
  return true;
}

/** Clears what test processes left that were killed: the folder names its owner, PostgreSQL's pid file the server. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const owner = numberIn(join(folder, "owner"));
    if (owner === undefined || isAlive(owner)) continue;
    const server = numberIn(join(folder, "data", "postmaster.pid"));
    stop(folder, server !== undefined && runsIn(server, folder) ? server : undefined);
  }
}

function numberIn(file: string): number | undefined {
  try {
    const value = Number.parseInt(readFileSync(file, "utf8"), 10);
    return value > 1 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A zombie is dead: only its parent, who is busy waiting, has not asked yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A pid may have been given to another process since: only a server of this folder is ended. */
function runsIn(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(folder, "data"));
  } catch {
    return false;
  }
}
