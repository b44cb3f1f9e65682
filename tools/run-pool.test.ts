import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { jobMark, ProcessTree } from "./process-tree.ts";
import { type Done, runPool } from "./run-pool.ts";
import { type Job, nothing, testJobs } from "./test-jobs.ts";
import type { RunContext } from "./test-phases.ts";

const root = mkdtempSync(join(tmpdir(), "holdfast-pool-"));
after(() => rmSync(root, { recursive: true }));

async function poolOf(jobs: readonly Job[], longest: readonly string[] = []): Promise<Done[]> {
  const done: Done[] = [];
  const listener = { ended: (one: Done) => void done.push(one), working: () => undefined };
  await runPool(jobs, { workers: 2, longest, listener });
  return done;
}

test("two jobs run at once and no more, the long ones first, the others in their order", async () => {
  const began: string[] = [];
  let atOnce = 0;
  let most = 0;
  const job = (name: string): Job => ({
    name,
    run: async () => {
      began.push(name);
      most = Math.max(most, ++atOnce);
      await new Promise(setImmediate);
      atOnce -= 1;
      return { ...nothing, passed: 1, said: "" };
    },
  });
  await poolOf(["a", "b", "long", "c", "longer"].map(job), ["longer", "gone", "long"]);
  assert.deepEqual(began, ["longer", "long", "a", "b", "c"]);
  assert.equal(most, 2);
});

test("a job that breaks has failed, and the others are run", async () => {
  const broken = { name: "broken", run: () => Promise.reject(new Error("no such program")) };
  const sound = { name: "sound", run: async () => ({ ...nothing, passed: 1, said: "" }) };
  const [first, second] = await poolOf([broken, sound]);
  assert.equal(first?.end.failed, 1);
  assert.match(first?.end.said ?? "", /no such program/);
  assert.equal(second?.end.passed, 1);
});

const files: readonly (readonly [string, string, { readonly passed: number; readonly failed: number }])[] = [
  ["tests that pass", 'test("one", () => {}); test("two", () => {});', { passed: 2, failed: 0 }],
  ["a test that fails", 'test("one", () => { throw 1; });', { passed: 0, failed: 1 }],
  ["a test that ends its process", 'test("one", () => process.exit(0));', { passed: 0, failed: 1 }],
  ["a file that does not load", 'test("one", () => {}); throw 1;', { passed: 0, failed: 1 }],
  ["a failure after the tests", 'test("one", () => {}); process.exitCode = 3;', { passed: 1, failed: 1 }],
];
for (const [name, text, counted] of files)
  test(`what is counted of ${name}`, async () => {
    writeFileSync(join(root, "planted.test.mjs"), `import { test } from "node:test";\n${text}\n`);
    const context: RunContext = {
      root,
      artefacts: root,
      deep: false,
      only: undefined,
      env: {},
      alone: () => assert.fail("not wanted"),
    };
    const [done] = await poolOf(testJobs(context, root, ["planted.test.mjs"]));
    const { passed, failed } = done?.end ?? nothing;
    assert.deepEqual({ passed, failed }, counted);
  });

test("a file that only the compiler judges passes when it loads", async () => {
  writeFileSync(join(root, "types.test.mjs"), "export const right = 1;\n");
  const context = { root, env: {} } as RunContext;
  const [done] = await poolOf(testJobs(context, root, ["types.test.mjs"]));
  assert.deepEqual([done?.end.passed, done?.end.failed], [1, 0]);
});

test("what a job left in other sessions, and to other parents, ends with it; its neighbour does not", async () => {
  // The first stays its child; the second's parent goes at once, the third's when it was seen, and that bears no mark.
  const script = `setsid sleep 1000 & echo $!
    (setsid sleep 1000 & echo $!)
    (env -i setsid sleep 1000 & echo $!; read seen)
    echo whole; wait`;
  const start = (mark: string) =>
    spawn("bash", ["-c", script], {
      env: { ...process.env, [jobMark]: mark },
      detached: true,
      stdio: ["pipe", "pipe", "inherit"],
    });
  const jobs = [start("the job"), start("its neighbour")] as const;
  const trees = jobs.map(({ pid }, at) => new ProcessTree(pid ?? 0, at === 0 ? "the job" : "its neighbour"));
  try {
    const told = jobs.map((job) => pidsOf(job));
    for (const pids of told) assert.equal((await pids.next()).value?.length, 3);
    for (const tree of trees) tree.look();
    for (const job of jobs) job.stdin?.write("seen\n");
    const [left = [], kept = []] = await Promise.all(
      told.map(async (pids) => (await pids.next()).value ?? []),
    );
    const ended = once(jobs[0], "exit");
    trees[0]?.end();
    await ended;
    for (const pid of left) while (isAlive(pid)) await new Promise(setImmediate);
    assert.deepEqual(kept.map(isAlive), [true, true, true]);
  } finally {
    for (const tree of trees) tree.end();
  }
});

/** Three numbers once they are there, and again once nobody waits any more. */
async function* pidsOf({ stdout }: ChildProcess): AsyncGenerator<number[]> {
  const pids: number[] = [];
  assert.ok(stdout);
  for await (const line of createInterface({ input: stdout })) {
    if (line === "whole") return yield pids;
    if (pids.push(Number(line)) === 3) yield pids;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
