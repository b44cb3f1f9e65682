import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { serverReach } from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { dataFolder } from "@holdfast/protocol/data-folder";
import { probe } from "./setup/answers.ts";
import { anyFreePort } from "./setup/port.ts";
import { lives } from "./supervisor/process-identity.ts";
import { readState, supervisorStateSchema } from "./supervisor/state.ts";
import { harmless, quoted } from "./terminal.ts";

const root = join(mkdtempSync(join(tmpdir(), "hf-up-")), "data");
const folder = dataFolder(root);
let port: number;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a person runs it, without the part in bash that installs packages. */
function run(main: "up" | "holdfast", ...argv: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const file = join(import.meta.dirname, `${main}.ts`);
    execFile(
      process.execPath,
      [file, "--data", root, ...argv],
      { maxBuffer: 16_777_216 },
      (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err }),
    );
  });
}

/** @returns the last line as JSON; the command went well. */
async function json(main: "up" | "holdfast", ...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(main, ...argv, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

const pids = (): (number | undefined)[] => (readState(folder)?.parts ?? []).map((part) => part.process?.pid);

before(async () => {
  chmodSync(join(root, ".."), 0o755);
  port = await anyFreePort();
});
after(async () => {
  await run("up", "--stop");
  rmSync(join(root, ".."), { recursive: true, force: true });
});

describe("bin/up", () => {
  test("refuses a port that another process holds, and leaves nothing behind", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { code, err } = await run("up", "--port", String(port));
    await new Promise((resolve) => other.close(resolve));
    assert.equal(code, 1);
    assert.match(err, new RegExp(`port ${port} is taken by .*process ${process.pid}`));
    assert.ok(!existsSync(folder.config));
  });

  test("starts everything and says where it answers and how to sign in", async () => {
    const said = await json("up", "--port", String(port));
    assert.deepEqual(Object.keys(said), ["url", "caFile", "customers", "operator", "mailbox"]);
    assert.equal(said["url"], `https://demo.localhost:${port}`);
    assert.equal(said["caFile"], folder.caFile);
    const [customer] = said["customers"] as Record<string, string>[];
    assert.deepEqual(Object.keys(customer ?? {}).sort(), ["database", "login", "name", "password", "url"]);
    assert.ok((await probe(folder, { port } as never, "demo.localhost")) < 400);
    assert.equal(await probe(folder, { port } as never, "panel.localhost"), 303);
  });

  test("run again changes nothing, and a wish that would change something is refused", async () => {
    const before = pids();
    const [first, second] = await Promise.all([json("up"), json("up")]);
    assert.deepEqual(first, second);
    assert.deepEqual(pids(), before);
    assert.match((await run("up", "--port", "1")).err, /runs on port .* already/);
  });

  test("names commands as they can be run: with the folder that was typed", async () => {
    const said = (await run("up")).out;
    assert.ok(said.includes(`bin/holdfast --data ${root} demo password`), said);
    assert.ok(said.includes(`bin/up --data ${root} --stop`), said);
    const { err } = await run("holdfast", "backup", "take", "nobody");
    assert.ok(err.includes(`bin/holdfast --data ${root} customer list`), err);
  });

  test("lets no word that others wrote steer the operator's terminal, or pass for a line of its own", async () => {
    const { err } = await run("holdfast", "backup", "take", "a\u001b]0;owned\u0007\r\u009b2Jb\u202ec");
    assert.match(err, /take|customer|database/);
    assert.doesNotMatch(err.replaceAll(/\u001b\[[\d;]*m/g, ""), /[^\P{Cc}\n]|\p{Bidi_Control}/u);
    assert.equal(harmless("\u001b[31m✗\u001b[39m a\tb\n"), "\u001b[31m✗\u001b[39m a\tb\n");
    assert.equal(
      quoted("acme\n  in its place: \u001b[32mbin/x"),
      "acme\ufffd  in its place: \ufffd[32mbin/x",
    );
  });

  test("takes a recovery file for kept only where it lies apart from the data", async () => {
    const beside = await run("holdfast", "recovery", "check", join(root, "recovery.txt"));
    assert.equal(beside.code, 1);
    assert.match(beside.err, /lies beside the data/);
    const kept = join(root, "..", "kept.txt");
    copyFileSync(join(root, "recovery.txt"), kept);
    assert.equal((await run("holdfast", "recovery", "check", kept)).code, 0);
    rmSync(kept);
  });

  test("shows the state of each part", async () => {
    const state = supervisorStateSchema.parse(await json("up", "--status"));
    assert.deepEqual(
      state.parts.map((part) => [part.name, part.state]),
      [
        ["agent", "ready"],
        ["outbox", "ready"],
        ["control", "ready"],
        ["server", "ready"],
      ],
    );
  });

  test("keeps the keys from the user that serves requests", { skip: process.getuid?.() !== 0 }, () => {
    for (const path of [folder.rootKey, folder.keystore, folder.logs, join(folder.ca, "ca.key")])
      assert.deepEqual([statSync(path).uid, statSync(path).mode & 0o077], [0, 0], path);
    const server = readState(folder)?.parts.find((part) => part.name === "server")?.process;
    assert.ok(server);
    assert.doesNotMatch(readFileSync(`/proc/${server.pid}/status`, "utf8"), /^Uid:\t0\t/m);
  });

  test("keeps control, its sockets, files and the agent's other methods from that user", {
    skip: process.getuid?.() !== 0,
  }, async () => {
    const { enforced, tries } = await call(folder.agentSocket, serverReach, {});
    assert.ok(enforced);
    const outcomes = (needed: boolean, gain: RegExp) =>
      new Set(
        tries.filter((one) => one.needed === needed && gain.test(one.gain)).map(({ outcome }) => outcome),
      );
    assert.deepEqual(outcomes(true, /./), new Set(["reached"]));
    const kept = [
      /open a socket/,
      /a file of control/,
      /root key/,
      /stored backups/,
      /of the platform/,
      /of the agent/,
      /memory/,
      /signal/,
      /write in/,
    ];
    for (const gain of kept)
      assert.deepEqual(
        outcomes(false, gain).difference(new Set(["missing"])),
        new Set(["refused"]),
        String(gain),
      );
    assert.match((await run("up", "--status")).out, /separation of server and control: by system users/);
  });

  test("says as an ordinary user that nothing keeps server and control apart", {
    skip: process.getuid?.() === 0,
  }, async () => {
    assert.deepEqual(await call(folder.agentSocket, serverReach, {}), { enforced: false, tries: [] });
    assert.match((await run("up", "--status")).out, /separation of server and control: not enforced/);
  });

  test("starts anew after kill -9 of the supervisor, with the same logins", async () => {
    const before = await json("holdfast", "demo", "password");
    const supervisor = readState(folder)?.supervisor;
    assert.ok(supervisor);
    process.kill(supervisor.pid, "SIGKILL");
    await json("up");
    assert.notEqual(readState(folder)?.supervisor.pid, supervisor.pid);
    assert.deepEqual(await json("holdfast", "demo", "password"), before);
  });

  test("stops everything, twice without harm", async () => {
    const running = (readState(folder)?.parts ?? []).flatMap((part) => part.process ?? []);
    assert.deepEqual(await json("up", "--stop"), { stopped: true });
    assert.deepEqual(running.filter(lives), []);
    assert.deepEqual(await json("up", "--stop"), { stopped: false });
    assert.equal((await run("up", "--status")).code, 1);
  });

  test("deletes all of it only when its name was given", async () => {
    assert.match((await run("up", "--reset")).err, /--yes demo/);
    assert.ok(existsSync(folder.config));
    assert.equal((await run("up", "--reset", "--yes", "demo")).code, 0);
    assert.ok(!existsSync(folder.config) && !existsSync(folder.clusters));
  });
});
