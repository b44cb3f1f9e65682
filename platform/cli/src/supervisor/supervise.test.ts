import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { silentLog } from "@holdfast/kernel/log";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";
import { LogFile } from "./log-file.ts";
import type { PartSpec } from "./part.ts";
import { identify, lives } from "./process-identity.ts";
import { readState, supervisorStateSchema, writeState } from "./state.ts";
import { type SuperviseOptions, type Supervision, supervise } from "./supervise.ts";

let folder: DataFolder;
let running: Supervision[] = [];

beforeEach(() => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "hf-supervisor-")));
  mkdirSync(folder.run);
  mkdirSync(folder.logs);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((supervision) => supervision.stop()));
  rmSync(folder.root, { recursive: true });
});

const limits = { firstPauseMilliseconds: 10, longestPauseMilliseconds: 40, steadyMilliseconds: 60_000 };
const ready = "process.send({ ready: true }); setInterval(() => {}, 1000);";
const politely = "process.on('SIGTERM', () => { say('stopped'); process.exit(0) });";
const saying = `const say = (word) => require("node:fs").appendFileSync(${"process.argv[1]"}, word + " " + process.argv[2] + "\\n");`;

/** A part that runs a line of JavaScript; what it says goes to one file. */
function part(name: string, script: string, rest: Partial<PartSpec> = {}): PartSpec {
  return {
    name,
    program: process.execPath,
    arguments: ["-e", `${saying} ${script}`, join(folder.root, "said"), name],
    environment: {},
    readyMilliseconds: 20_000,
    stopMilliseconds: 5_000,
    ...rest,
  };
}

function start(parts: SuperviseOptions["parts"]): Supervision {
  const supervision = supervise({
    folder,
    parts,
    codeRoot: "/",
    separated: false,
    codeStamp: "1",
    log: silentLog,
    limits,
  });
  supervision.ready.catch(() => undefined);
  running.push(supervision);
  return supervision;
}

const said = (): string[] => readFileSync(join(folder.root, "said"), "utf8").trim().split("\n");
const pidOf = (supervision: Supervision, name: string): number =>
  supervision.state().parts.find((one) => one.name === name)?.process?.pid ?? 0;

/** Waits for a condition, at most twenty seconds. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition came about in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("the supervisor", () => {
  test("starts the next parts when the former are ready, and stops them in the reverse order", async () => {
    const polite = `say("started"); ${politely} ${ready}`;
    const supervision = start([[part("agent", polite)], [part("control", polite)], [part("server", polite)]]);
    await supervision.ready;
    await supervision.stop();
    const order = ["started agent", "started control", "started server"];
    assert.deepEqual(said(), [...order, "stopped server", "stopped control", "stopped agent"]);
  });

  test("starts a part again that was killed, and says so", async () => {
    const supervision = start([[part("agent", ready)]]);
    await supervision.ready;
    const first = pidOf(supervision, "agent");
    process.kill(first, "SIGKILL");
    await until(
      () => supervision.state().parts[0]?.state === "ready" && pidOf(supervision, "agent") !== first,
    );
    const [state] = supervision.state().parts;
    assert.deepEqual([state?.restarts, state?.lastEnd], [1, "killed by SIGKILL"]);
  });

  test("goes on starting a part that dies at once, with pauses up to the longest", async () => {
    const once = join(folder.root, "once");
    const script = `const fs = require("node:fs"); if (fs.existsSync("${once}")) process.exit(3); fs.writeFileSync("${once}", ""); ${ready}`;
    const supervision = start([[part("control", script)]]);
    await supervision.ready;
    process.kill(pidOf(supervision, "control"), "SIGKILL");
    await until(() => (supervision.state().parts[0]?.restarts ?? 0) >= 4);
    assert.equal(supervision.state().parts[0]?.lastEnd, "exit code 3");
    rmSync(once);
    await until(() => supervision.state().parts[0]?.state === "ready");
  });

  test("stops everything when a part does not start, and names it", async () => {
    const supervision = start([[part("agent", ready)], [part("control", "process.exit(7)")]]);
    await assert.rejects(supervision.ready, {
      code: "unavailable",
      message: /control did not start \(exit code 7\)/,
    });
    assert.equal(supervision.state().parts[0]?.state, "stopped");
  });

  test("gives up a part that never says it is ready", async () => {
    const supervision = start([[part("control", "setInterval(() => {}, 1000)", { readyMilliseconds: 200 })]]);
    await assert.rejects(supervision.ready, { message: /control did not start \(killed by SIGKILL\)/ });
  });

  test("kills a part that does not stop, with all processes of its group", async () => {
    const worker = `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }).pid`;
    const script = `process.on("SIGTERM", () => {}); say(${worker}); ${ready}`;
    const supervision = start([[part("server", script, { stopMilliseconds: 100 })]]);
    await supervision.ready;
    const [workerPid, master] = [Number.parseInt(said()[0] ?? "", 10), pidOf(supervision, "server")];
    assert.ok(identify(workerPid) && identify(master));
    await supervision.stop();
    await until(() => !identify(workerPid) && !identify(master));
  });

  test("ends what a killed supervisor left before it starts its own", async () => {
    const left = start([[part("agent", ready)]]);
    await left.ready;
    const orphan = left.state().parts[0]?.process;
    assert.ok(orphan && lives(orphan));
    const next = start([[part("agent", ready)]]);
    await next.ready;
    assert.ok(!lives(orphan));
    assert.notEqual(pidOf(next, "agent"), orphan.pid);
  });

  test("never takes a stranger with a reused number for one of its own", async () => {
    const stranger = identify(process.pid);
    assert.ok(stranger);
    const supervision = start([[part("agent", ready)]]);
    await supervision.ready;
    await supervision.stop();
    const state = readState(folder);
    assert.ok(state?.parts[0]);
    const former = { ...stranger, startTicks: stranger.startTicks - 1 };
    state.parts[0].process = former;
    writeFileSync(join(folder.run, "supervisor.json"), JSON.stringify(state));
    await start([[part("agent", ready)]]).ready;
    assert.ok(identify(process.pid), "we live");
    assert.equal(lives({ ...stranger, bootId: "another" }), false);
  });
});

describe("a log file", () => {
  test("keeps the newest within its limit and one former file", () => {
    const log = new LogFile(join(folder.logs, "part.log"), 100);
    for (let line = 0; line < 30; line++) log.write(`line ${line}\n`);
    assert.ok(statSync(log.path).size <= 100 && statSync(`${log.path}.1`).size <= 100);
    assert.match(readFileSync(log.path, "utf8"), /line 29\n$/);
  });

  test("goes on where a former process ended", () => {
    const path = join(folder.logs, "part.log");
    new LogFile(path, 100).write("a".repeat(90));
    new LogFile(path, 100).write("b".repeat(20));
    assert.equal(readFileSync(path, "utf8"), "b".repeat(20));
  });
});

describe("what is noted of the parts", () => {
  const self = identify(process.pid);
  const state = () =>
    supervisorStateSchema.parse({ supervisor: self, codeRoot: "/", codeStamp: "", startedAt: "", parts: [] });

  test("follows no link that another user of the folder put in its way", () => {
    const foreign = join(folder.root, "foreign");
    writeFileSync(foreign, "precious");
    for (const name of ["supervisor.json", "supervisor.json.new"])
      symlinkSync(foreign, join(folder.run, name));
    writeState(folder, state());
    assert.equal(readFileSync(foreign, "utf8"), "precious");
    assert.ok(lstatSync(join(folder.run, "supervisor.json")).isFile());
    assert.deepEqual(readState(folder), state());
    assert.deepEqual(readdirSync(folder.run).sort(), ["supervisor.json", "supervisor.json.new"]);
  });

  test("is believed only as a plain file of our own", () => {
    const foreign = join(folder.root, "foreign");
    writeFileSync(foreign, JSON.stringify(state()));
    symlinkSync(foreign, join(folder.run, "supervisor.json"));
    assert.equal(readState(folder), undefined);
  });

  test("can fail without ending what runs", async () => {
    mkdirSync(join(folder.run, "supervisor.json"));
    const supervision = start([[part("first", ready)]]);
    await supervision.ready;
    assert.equal(supervision.state().parts[0]?.state, "ready");
  });
});
