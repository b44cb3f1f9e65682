import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { failAt } from "../../failpoint.ts";
import { kinds } from "../../kinds/kinds.ts";
import type { OperationKind, Step } from "../../operations/step.ts";
import { uploadPoints, uploadSteps } from "../../uploads/upload-steps.ts";
import { stories } from "../fault-case.ts";
import { operationBench } from "../operation-bench.ts";
import { allFaults } from "./campaign.ts";
import { pointFaults } from "./points.ts";
import { uploadStories } from "./uploads.ts";

const nothing = async (): Promise<void> => undefined;
const step = (name: string, more: Partial<Step<unknown>> = {}): Step<unknown> => ({
  name,
  run: nothing,
  ...more,
});
const kind = (...steps: readonly Step<unknown>[]): OperationKind => ({
  kind: "tea.make",
  input: z.object({}),
  steps,
});
const story = { kind: "tea.make", request: nothing };
const names = (of: OperationKind): string[] => pointFaults([of], [story]).map(({ name }) => name);

test("a new step is killed, cancelled, failed and undone at each of its points without a word in the campaign", () => {
  const before = names(kind(step("boil")));
  const after = names(kind(step("boil"), step("pour")));
  const added = after.filter((name) => !before.includes(name));
  assert.deepEqual(added, [
    "tea.make/pour/begin: killed",
    "tea.make/pour/done: killed",
    "tea.make/pour/saved: killed",
    "tea.make/pour/begin: cancelled",
    "tea.make/pour/undone: killed",
    "tea.make/pour/begin: failing",
  ]);
  const count = (of: OperationKind): number => pointFaults([of], [story])[0]?.count ?? 0;
  assert.deepEqual([count(kind(step("boil"))), count(kind(step("boil"), step("pour")))], [1, 2]);
});

test("what comes after a point of no return is killed there, and neither cancelled nor undone", () => {
  const all = names(kind(step("boil"), step("drink", { irreversible: true }), step("wash")));
  assert.ok(all.includes("tea.make/wash/saved: killed"));
  assert.ok(!all.some((name) => /(drink|wash).*(cancelled|undone|failing)/.test(name)));
});

test("a kind of operation without a story is a fault that fails", async () => {
  const [fault, ...more] = pointFaults([kind(step("boil"))], []);
  assert.deepEqual([fault?.name, more.length], ["tea.make/has a story", 0]);
  await assert.rejects(async () => fault?.run(undefined as never), /has no story: add one to/);
});

test("every kind that control knows has a story, and every point of it is in the campaign", () => {
  const all = new Set(allFaults().map(({ name }) => name));
  for (const { kind: name, steps } of kinds.filter(({ kind: each }) => each !== "database.upgrade")) {
    assert.ok(
      stories.some((each) => each.kind === name),
      `${name} has a story`,
    );
    for (const each of steps)
      assert.ok(all.has(`${name}/${each.name}/saved: killed`), `${name}/${each.name}`);
  }
});

test("every step of an upload is in a story, and killed before and after it in the campaign", () => {
  const told = new Set(uploadStories.flatMap(({ steps }) => steps));
  const all = allFaults().map(({ name }) => name);
  for (const step of Object.values(uploadSteps).flat()) {
    assert.ok(told.has(step), `"${step}" has a story`);
    for (const point of uploadPoints(step))
      assert.ok(
        all.some((name) => name.startsWith(`${point}: killed`)),
        point,
      );
  }
});

test("the points that are killed at are those that a step passes when it runs", async () => {
  const passed: string[] = [];
  const bench = await operationBench({ failpoint: (name) => void passed.push(name) });
  try {
    const made = kind(step("boil"), step("pour"));
    const runner = bench.runner([made]);
    const id = await bench.add("tea.make");
    runner.start();
    await bench.until(id);
    await runner.stop();
    const killed = pointFaults([made], [story]).filter(({ name }) =>
      /\/(begin|done|saved): killed$/.test(name),
    );
    assert.deepEqual(
      passed,
      killed.map(({ name }) => name.replace(": killed", "")),
    );
  } finally {
    await bench.close();
  }
});

test("a point that is armed in its file fails there and nowhere else, until the file goes", () => {
  const folder = mkdtempSync(join(tmpdir(), "hf-failpoint-"));
  const file = join(folder, "failpoint");
  const passes = failAt(file);
  try {
    passes("tea.make/boil/begin");
    writeFileSync(file, "tea.make/boil/begin:fail");
    passes("tea.make/pour/begin");
    assert.throws(() => passes("tea.make/boil/begin"), /wanted this step to fail/);
    rmSync(file);
    passes("tea.make/boil/begin");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
