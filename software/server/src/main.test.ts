import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { standAlone } from "./stand-alone.ts";
import { type Alone, startAlone, startMain } from "./testing/alone.ts";
import { TestBrowser } from "./testing/browser.ts";

const password = "quiet lantern over moss";
const folder = mkdtempSync(join(tmpdir(), "holdfast-main-test-"));
let db: TestDatabase;
let server: Alone;

before(async () => {
  db = await testDatabase([identityApp]);
  await testUser(db, { login: "ann", password });
  server = await startAlone(db, { workers: 2 });
});
after(async () => {
  await server?.stop();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const newBrowser = () => new TestBrowser(server.port, server.caPem, "acme.localhost");

test("alone, with one configuration file and no platform, people sign in on every worker", async () => {
  const browser = newBrowser();
  assert.equal((await browser.submit("/web/login", { login: "ann", password })).status, 303);
  for (let n = 0; n < 8; n++) {
    const other = newBrowser();
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    const answer = await other.json("/web/session/get_session_info", { jsonrpc: "2.0", id: 1, params: {} });
    assert.match(answer.body, /"uid":\d+/);
    other.close();
  }
  browser.close();
});

test("a worker that dies is replaced", async () => {
  const workers = await childrenOf(server.process.pid ?? 0);
  assert.equal(workers.length, 2);
  process.kill(workers[0] as number, "SIGKILL");
  const limit = Date.now() + 20_000;
  for (;;) {
    const now = await childrenOf(server.process.pid ?? 0);
    if (now.length === 2 && !now.includes(workers[0] as number)) break;
    assert.ok(Date.now() < limit, "no new worker");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const browser = newBrowser();
  assert.equal((await browser.ask("/web/login")).status, 200);
  browser.close();
});

test("asked to stop, it answers what is under way and ends with 0", async () => {
  const browser = newBrowser();
  const form = { login: "ann", password: "wrong on purpose" };
  const ended = once(server.process, "exit");
  const answer = await browser.submit("/web/login", form, { onTaken: () => server.process.kill("SIGTERM") });
  assert.equal(answer.status, 401);
  const [code] = await ended;
  assert.equal(code, 0);
  browser.close();
});

test("the configuration of docs/stand-alone.md is taken as it stands, and its apps fit together", async () => {
  const manual = readFileSync(new URL("../../../docs/stand-alone.md", import.meta.url), "utf8");
  const [, config = ""] = /```json\n(.*?)```/s.exec(manual) ?? [];
  for (const name of ["erp.crt", "erp.key", "database.password"]) writeFileSync(join(folder, name), "");
  writeFileSync(join(folder, "data.key"), randomBytes(32));
  writeFileSync(join(folder, "server.json"), config);
  const hooks = await standAlone(join(folder, "server.json"));
  const place = await hooks.findTenant("erp.example.com");
  const apps = await Promise.all((place?.apps ?? []).map((name) => hooks.loadApp(name)));
  assert.ok(buildRegistry(apps).models.has("sale.order"));
});

test("a configuration with a mistake is refused by name", async () => {
  writeFileSync(join(folder, "bad.json"), JSON.stringify({ port: 1, prot: 2 }));
  const child = startMain("--config", join(folder, "bad.json"), "--workers", "1");
  const said: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => said.push(String(chunk)));
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
  assert.match(said.join(""), /prot/);
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
