import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
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
