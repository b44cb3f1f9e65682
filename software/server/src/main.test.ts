import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { TestBrowser } from "./testing/browser.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const appModule = fileURLToPath(new URL("../../framework/src/testing/identity-app.ts", import.meta.url));
const hardening = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];
const password = "quiet lantern over moss";
const folder = mkdtempSync(join(tmpdir(), "holdfast-main-test-"));
let db: TestDatabase;
let port: number;
let caPem: string;
let server: ChildProcess;

before(async () => {
  db = await testDatabase([identityApp]);
  await testUser(db, { login: "ann", password });
  port = await freePort();
  const certificate = testCertificate(folder, ["acme.localhost"]);
  caPem = certificate.caPem;
  writeFileSync(join(folder, "data.key"), randomBytes(32));
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
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  server = start("--config", join(folder, "config.json"), "--workers", "2");
  await ready(server);
});
after(async () => {
  if (server.exitCode === null) server.kill("SIGKILL");
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...hardening, main, ...args], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
}

async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(() => assert.fail("the server ended"));
  const [message] = await Promise.race([once(child, "message"), ended]);
  assert.deepEqual(message, { ready: true });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port: found } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return found;
}

test("alone, with one configuration file and no platform, people sign in on every worker", async () => {
  const browser = new TestBrowser(port, caPem, "acme.localhost");
  assert.equal((await browser.submit("/web/login", { login: "ann", password })).status, 303);
  for (let n = 0; n < 8; n++) {
    const other = new TestBrowser(port, caPem, "acme.localhost");
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    const answer = await other.json("/web/session/get_session_info", { jsonrpc: "2.0", id: 1, params: {} });
    assert.match(answer.body, /"uid":\d+/);
    other.close();
  }
  browser.close();
});

test("a worker that dies is replaced", async () => {
  const workers = await childrenOf(server.pid ?? 0);
  assert.equal(workers.length, 2);
  process.kill(workers[0] as number, "SIGKILL");
  const limit = Date.now() + 20_000;
  for (;;) {
    const now = await childrenOf(server.pid ?? 0);
    if (now.length === 2 && !now.includes(workers[0] as number)) break;
    assert.ok(Date.now() < limit, "no new worker");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const browser = new TestBrowser(port, caPem, "acme.localhost");
  assert.equal((await browser.ask("/web/login")).status, 200);
  browser.close();
});

test("asked to stop, it answers what is under way and ends with 0", async () => {
  const browser = new TestBrowser(port, caPem, "acme.localhost");
  const form = { login: "ann", password: "wrong on purpose" };
  const answer = await browser.submit("/web/login", form, { onTaken: () => server.kill("SIGTERM") });
  assert.equal(answer.status, 401);
  const [code] = await once(server, "exit");
  assert.equal(code, 0);
  browser.close();
});

test("a configuration with a mistake is refused by name", async () => {
  writeFileSync(join(folder, "bad.json"), JSON.stringify({ port: 1, prot: 2 }));
  const child = start("--config", join(folder, "bad.json"), "--workers", "1");
  const said: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => said.push(String(chunk)));
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
  assert.match(said.join(""), /prot/);
});

async function childrenOf(pid: number): Promise<number[]> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
