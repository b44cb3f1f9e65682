import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import * as methods from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { dataFormat } from "@holdfast/protocol/data-folder";
import { startAgent } from "./agent.ts";
import { killAllIn, processesIn, recordedPostmaster, signal } from "./cluster/processes.ts";
import { anyTenant, temporaryDataFolder } from "./testing.ts";

const folder = temporaryDataFolder();
const main = join(import.meta.dirname, "main.ts");
const pgMain = join(folder.clusters, "main");
// biome-ignore lint/style/noProcessEnv: a failed run is repeated by its printed seed
const seed = Number(process.env["HOLDFAST_SEED"] ?? Date.now() % 1_000_000);
const children = new Set<ChildProcess>();

before(() => {
  const config = {
    format: dataFormat,
    port: 1,
    smtpPort: 1,
    mode: "demo",
    created: "",
    controlTenantId: newId(Date.now(), systemRandom.bytes(10)),
  };
  writeFileSync(folder.config, JSON.stringify(config));
});
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const name of ["main", "control"]) await killAllIn(join(folder.clusters, name));
  folder.remove();
});

/** The agent as a process of its own, the way the supervisor starts it. */
async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, "--data", folder.root], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.add(child);
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code, how) => reject(new Error(`the agent ended: ${code ?? how}`)));
  });
  return child;
}

async function kill(child: ChildProcess, how: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(how);
  await ended;
  children.delete(child);
}

const ask: typeof call = call;
const socket = folder.agentSocket;
const inventory = () => ask(socket, methods.inventory, {});

async function ensure(tenantId: TenantId): Promise<void> {
  const placed = { tenantId, cluster: "main" } as const;
  await ask(socket, methods.ensureRoles, placed);
  await ask(socket, methods.ensureDatabase, placed);
  await ask(socket, methods.ensureKey, { tenantId });
  await ask(socket, methods.ensureFiles, { tenantId });
}

async function remove(tenantId: TenantId): Promise<void> {
  for (const method of [methods.removeDatabase, methods.removeRoles, methods.removeFiles, methods.shredKey])
    await ask(socket, method, { tenantId });
}

/** A repeatable sequence from the seed: mulberry32. */
function random(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe(`the agent under kill -9 (seed ${seed})`, () => {
  test("leaves nothing half-made that making or removing again does not mend, wherever it dies", async () => {
    const next = random(seed);
    for (let round = 0; round < 3; round++) {
      const [made, removed] = [anyTenant(), anyTenant()];
      let agent = await start();
      const before = await inventory();
      await ensure(removed);
      const work = Promise.allSettled([ensure(made), remove(removed)]);
      await wait(next() * 150);
      await kill(agent);
      await work;
      agent = await start();
      await ensure(made);
      await ask(socket, methods.openTenant, { tenantId: made });
      await remove(removed);
      await remove(made);
      assert.deepEqual(await inventory(), before);
      await kill(agent, "SIGTERM");
    }
  });

  test("leaves PostgreSQL running, and the next agent keeps it", async () => {
    const agent = await start();
    const postmaster = recordedPostmaster(pgMain);
    await kill(agent);
    const next = await start();
    assert.deepEqual(recordedPostmaster(pgMain), postmaster);
    assert.equal((await ask(socket, methods.clusterStatus, {})).clusters[0]?.state, "running");
    await kill(next, "SIGTERM");
    assert.deepEqual(processesIn(pgMain), []);
  });
});

describe("a cluster", () => {
  test("whose postmaster was killed is started again, orphans ended first, at the same port", async () => {
    const agent = await start();
    const former = recordedPostmaster(pgMain);
    assert.ok(former);
    signal(former.pid, "SIGKILL");
    await until(async () => {
      const [status] = (await ask(socket, methods.clusterStatus, {})).clusters;
      return status?.state === "running" && recordedPostmaster(pgMain)?.pid !== former.pid;
    });
    assert.equal(recordedPostmaster(pgMain)?.port, former.port);
    await kill(agent, "SIGTERM");
  });

  test("starts although a stale postmaster.pid names a stranger's process, as after a reboot", async () => {
    const agent = await start();
    const text = readFileSync(join(pgMain, "postmaster.pid"), "utf8");
    await kill(agent, "SIGTERM");
    writeFileSync(join(pgMain, "postmaster.pid"), text.replace(/^\d+/, String(process.pid)), { mode: 0o600 });
    await kill(await start(), "SIGTERM");
  });

  test("that another program made is refused and not touched", async () => {
    const other = temporaryDataFolder();
    mkdirSync(join(other.clusters, "main"), { recursive: true });
    writeFileSync(join(other.clusters, "main", "PG_VERSION"), "15\n");
    await assert.rejects(startAgent({ folder: other, sync: false }), {
      code: "conflict",
      message: /no cluster of this product/,
    });
    assert.deepEqual(readdirSync(join(other.clusters, "main")), ["PG_VERSION"]);
    assert.deepEqual(processesIn(join(other.clusters, "control")), []);
    other.remove();
  });

  test("of a PostgreSQL that is not installed is refused with the package to install", async () => {
    const other = temporaryDataFolder();
    mkdirSync(other.clusters, { recursive: true });
    cpSync(pgMain, join(other.clusters, "main"), {
      recursive: true,
      filter: (path) => !/postmaster|base\/|pg_wal\//.test(path),
    });
    writeFileSync(join(other.clusters, "main", "PG_VERSION"), "99\n");
    await assert.rejects(startAgent({ folder: other, sync: false }), {
      code: "unavailable",
      hint: /postgresql-99/,
    });
    assert.deepEqual(processesIn(join(other.clusters, "control")), []);
    other.remove();
  });

  test("whose making was interrupted is made anew", async () => {
    const other = temporaryDataFolder();
    mkdirSync(join(other.clusters, "main.new", "base"), { recursive: true });
    const agent = await startAgent({ folder: other, sync: false });
    await agent.close();
    rmSync(other.root, { recursive: true });
  });
});

/** Waits for a condition, at most twenty seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, "the condition came about in time");
    await wait(20);
  }
}
