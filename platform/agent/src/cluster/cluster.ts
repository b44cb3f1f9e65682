import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { type Log, silentLog } from "@holdfast/kernel/log";
import type { ClusterName } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { Authority } from "../authority/authority.ts";
import { writeDurably } from "../durable-file.ts";
import { databaseUser, giveTo, ourselves, type SystemUser, spawnAs } from "../system-user.ts";
import { hostAccess, identities } from "./access.ts";
import { Administration } from "./administration.ts";
import { initialize } from "./initialize.ts";
import { usablePort } from "./port.ts";
import { killAllIn, recordedPostmaster, signal, worksIn } from "./processes.ts";
import { lastLine, limitLog } from "./server-log.ts";
import { settings } from "./settings.ts";

const readyLimitMilliseconds = 120_000;
const stopLimitMilliseconds = 30_000;
const watchMilliseconds = 500;
const restartLimit = 5;
const restartWindowMilliseconds = 60_000;

export interface ClusterOptions {
  readonly authority: Authority;
  readonly log?: Log;
  /** False only in tests: initdb without fsync. */
  readonly sync?: boolean;
}

/**
 * One PostgreSQL cluster of this host: made when missing, started, watched, stopped.
 *
 * Its postmaster runs in a process group of its own and outlives a killed agent; the next agent finds
 * and keeps it, so customers notice nothing. Children that a dead postmaster left are killed first.
 */
export class Cluster {
  readonly name: ClusterName;
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly administration: Administration;
  readonly #user: SystemUser = databaseUser();
  readonly #authority: Authority;
  readonly #log: Log;
  readonly #sync: boolean;
  readonly #logFile: string;
  readonly #portFile: string;
  #port = 0;
  #pid = 0;
  #watch: NodeJS.Timeout | undefined;
  #restarts: number[] = [];
  #changing: Promise<void> = Promise.resolve();

  constructor(name: ClusterName, folder: DataFolder, options: ClusterOptions) {
    this.name = name;
    this.dataFolder = join(folder.clusters, name);
    this.socketFolder = join(folder.run, `pg-${name}`);
    this.#portFile = join(folder.clusters, `${name}.port`);
    this.#logFile = join(folder.logs, `postgres-${name}.log`);
    this.#authority = options.authority;
    this.#log = options.log ?? silentLog;
    this.#sync = options.sync ?? true;
    this.administration = new Administration(() => ({ host: this.socketFolder, port: this.#port }));
  }

  /** Where tenants connect: TLS on the loopback address. 0 until started. */
  get port(): number {
    return this.#port;
  }

  get running(): boolean {
    return this.#pid > 0 && worksIn(this.#pid, this.dataFolder);
  }

  /** Makes, adopts or starts it, and returns when it answers. Running already: does nothing. */
  start(): Promise<void> {
    return this.#alone(async () => {
      if (this.running) return;
      const programs = await initialize(this.dataFolder, this.#user, this.#sync);
      if (!(await this.#adopt())) await this.#launch(join(programs.folder, "postgres"));
      this.#watch ??= setInterval(() => this.#look(), watchMilliseconds).unref();
    });
  }

  /** Ends all sessions and stops it cleanly. Stopped already: does nothing. */
  stop(): Promise<void> {
    return this.#alone(async () => {
      clearInterval(this.#watch);
      this.#watch = undefined;
      await this.administration.close();
      if (this.running) await this.#end();
      this.#pid = 0;
    });
  }

  /** Forgets it without stopping it; the next agent keeps it. */
  leave(): Promise<void> {
    return this.#alone(async () => {
      clearInterval(this.#watch);
      this.#watch = undefined;
      await this.administration.close();
    });
  }

  /** Lets exactly these tenants' roles in; nobody who is in already is cut. */
  async allow(tenants: readonly TenantId[]): Promise<void> {
    const path = join(this.dataFolder, "pg_hba.conf");
    const text = hostAccess(tenants);
    if (existsSync(path) && readFileSync(path, "utf8") === text) return;
    this.#write("pg_hba.conf", text);
    if (this.running) await this.administration.query("SELECT pg_reload_conf()");
  }

  /** What has to be done now and then while it runs: a new certificate in time. */
  maintain(): Promise<void> {
    return this.#alone(async () => {
      if (!this.running) return;
      if (this.#renewCertificate()) await this.administration.query("SELECT pg_reload_conf()");
    });
  }

  async #adopt(): Promise<boolean> {
    const recorded = recordedPostmaster(this.dataFolder);
    if (!recorded || !worksIn(recorded.pid, this.dataFolder)) return false;
    this.#pid = recorded.pid;
    this.#port = recorded.port;
    const answers = await this.#ready(() => this.running).catch(() => false);
    this.#log("info", answers ? "keeps the running cluster" : "the running cluster does not answer", {
      cluster: this.name,
      pid: recorded.pid,
    });
    if (answers) return true;
    this.#pid = 0;
    return false;
  }

  async #launch(program: string): Promise<void> {
    await killAllIn(this.dataFolder);
    await this.administration.close();
    rmSync(join(this.dataFolder, "postmaster.pid"), { force: true });
    this.#port = await usablePort(this.#portFile);
    this.#prepare();
    const child = this.#spawn(program);
    this.#pid = child.pid ?? 0;
    let exited = child.pid === undefined;
    child.once("exit", () => (exited = true));
    if (await this.#ready(() => !exited)) return;
    await killAllIn(this.dataFolder);
    throw new ExpectedError(
      "unavailable",
      `the PostgreSQL cluster "${this.name}" does not start: ${lastLine(this.#logFile)}`,
      {
        hint: `see ${this.#logFile}`,
      },
    );
  }

  #prepare(): void {
    this.#makeSocketFolder();
    this.#renewCertificate();
    this.#write("pg_ident.conf", identities(ourselves().name));
    this.#write(
      "postgresql.conf",
      settings({ cluster: this.name, port: this.#port, socketFolder: this.socketFolder }),
    );
    if (!readFileSync(join(this.dataFolder, "pg_hba.conf"), "utf8").startsWith("# Written by the agent"))
      this.#write("pg_hba.conf", hostAccess([]));
    writeDurably(this.#portFile, `${this.#port}\n`, 0o600);
  }

  /** In a folder where the service user writes too: what it put there first is never used, nor followed. */
  #makeSocketFolder(): void {
    mkdirSync(join(this.socketFolder, ".."), { recursive: true, mode: 0o711 });
    const found = lstatSync(this.socketFolder, { throwIfNoEntry: false });
    if (!found) mkdirSync(this.socketFolder, { mode: 0o700 });
    else if (!found.isDirectory() || ![this.#user.uid, ourselves().uid].includes(found.uid))
      throw new ExpectedError("conflict", `${this.socketFolder} is not ours`, {
        hint: "find out who put it there, then remove it",
      });
    giveTo(this.#user, this.socketFolder);
  }

  /** @returns whether another certificate is in place now; PostgreSQL reads it when it reloads. */
  #renewCertificate(): boolean {
    const leaf = this.#authority.issue({ hosts: ["localhost"], addresses: ["127.0.0.1"] });
    const path = join(this.dataFolder, "server.crt");
    if (existsSync(path) && readFileSync(path, "utf8") === leaf.certificatePem) return false;
    this.#write("server.key", leaf.keyPem);
    this.#write("server.crt", leaf.certificatePem);
    return true;
  }

  #write(name: string, text: string): void {
    writeDurably(join(this.dataFolder, name), text, 0o600, this.#user);
  }

  #spawn(program: string): ChildProcess {
    mkdirSync(join(this.#logFile, ".."), { recursive: true });
    const output = openSync(this.#logFile, "a", 0o600);
    const child = spawn(program, ["-D", this.dataFolder], {
      cwd: this.dataFolder,
      detached: true,
      stdio: ["ignore", output, output],
      env: { PATH: "/usr/bin:/bin", LANG: "C", TZ: "UTC" },
      ...spawnAs(this.#user),
    });
    child.on("error", (error) => this.#log("error", "cannot run postgres", { cluster: this.name, error }));
    child.unref();
    closeSync(output);
    return child;
  }

  async #ready(alive: () => boolean): Promise<boolean> {
    for (let waited = 0; alive() && waited <= readyLimitMilliseconds; waited += 50) {
      const answered = await this.administration.query("SELECT 1").then(
        () => true,
        () => false,
      );
      if (answered) return true;
      await wait(50);
    }
    return false;
  }

  async #end(): Promise<void> {
    signal(this.#pid, "SIGINT");
    for (let waited = 0; this.running && waited <= stopLimitMilliseconds; waited += 50) await wait(50);
    await killAllIn(this.dataFolder);
  }

  /** What one customer writes there must not take the disk of all: not only now and then. */
  #cutLog(): void {
    try {
      if (limitLog(this.#logFile)) this.#log("warn", "cut a log that was full", { cluster: this.name });
    } catch (error) {
      this.#log("error", "a log cannot be cut", { cluster: this.name, error });
    }
  }

  /** A postmaster that died is started again, unless it dies all the time. */
  #look(): void {
    this.#cutLog();
    if (this.running || this.#pid === 0) return;
    this.#pid = 0;
    const now = performance.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < restartWindowMilliseconds), now];
    if (this.#restarts.length > restartLimit) {
      this.#log("error", "the cluster dies again and again; not started any more", {
        cluster: this.name,
        restarts: restartLimit,
      });
      return;
    }
    this.#log("warn", "the cluster died; starting it", { cluster: this.name });
    this.start().catch((error: unknown) =>
      this.#log("error", "the cluster does not start", { cluster: this.name, error }),
    );
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const next = this.#changing.then(work, work);
    this.#changing = next.catch(() => undefined);
    return next;
  }
}
