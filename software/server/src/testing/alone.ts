import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import type { TestDatabase } from "@holdfast/framework/testing/database";
import { freePort } from "@holdfast/framework/testing/free-port";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const appModule = fileURLToPath(new URL("../../../framework/src/testing/identity-app.ts", import.meta.url));
const hardening = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/** The server as people start it: processes of its own over a test's database. */
export interface Alone {
  readonly port: number;
  readonly caPem: string;
  /** The one that starts workers; another one after {@link restart}. */
  readonly process: ChildProcess;
  /** Ends all its processes and starts them again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param workers - processes that answer. */
export async function startAlone(
  db: TestDatabase,
  { workers, ...more }: { readonly workers: number; readonly trustedProxies?: readonly string[] },
): Promise<Alone> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-alone-test-"));
  const port = await freePort();
  const { caPem } = testCertificate(folder, ["acme.localhost"]);
  writeFileSync(join(folder, "data.key"), randomBytes(32));
  mkdirSync(join(folder, "files"));
  const { host, port: databasePort, database, user } = db.connection;
  const config = {
    port,
    hosts: ["acme.localhost"],
    name: "acme",
    apps: [appModule],
    database: { host, port: databasePort, database, user },
    certificateFile: "leaf.crt",
    keyFile: "leaf.key",
    dataKeyFile: "data.key",
    filesDir: "files",
    ...more,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  let server = await start(folder, workers);
  return {
    port,
    caPem,
    get process() {
      return server;
    },
    restart: async () => {
      await end(server);
      server = await start(folder, workers);
    },
    stop: async () => {
      await end(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string, workers: number): Promise<ChildProcess> {
  const child = startMain("--config", join(folder, "config.json"), "--workers", String(workers));
  child.stdout?.resume();
  const ended = once(child, "exit").then(() => assert.fail("the server ended"));
  const [message] = await Promise.race([once(child, "message"), ended]);
  assert.deepEqual(message, { ready: true });
  return child;
}

/** The server's program with these words; its log comes on `stdout`. */
export function startMain(...words: string[]): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit", "ipc"] as const;
  return spawn(process.execPath, [...hardening, main, ...words], { stdio: [...stdio] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
