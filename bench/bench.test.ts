import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { benchmarks } from "./benchmarks.ts";
import { compare, figure, median } from "./measure.ts";

const run = { quick: false, rounds: 5, note: () => undefined, cleanUp: () => undefined };
const main = fileURLToPath(new URL("main.ts", import.meta.url));

test("the two sides are measured in turns, and each goes first as often as the other", async () => {
  const order: string[] = [];
  const side = (name: string) => async () => order.push(name);
  const reference = { name: "bare", measure: side("bare") };
  await compare(run, { name: "turns", unit: "ms", bound: null, ours: side("ours"), reference });
  const [first, second, ...rounds] = order;
  assert.deepEqual([first, second], ["ours", "bare"], "one round of each before the first warms them up");
  assert.deepEqual(rounds.slice(0, 4), ["ours", "bare", "bare", "ours"]);
  assert.equal(rounds.length, 10);
});

test("a ratio is the median of the rounds' own ratios, held against the bound", () => {
  const given = { name: "x", unit: "requests/s", ours: [60, 70, 10, 65, 62] };
  const reference = { name: "bare", values: [100, 100, 100, 100, 100] };
  assert.equal(median([3, 1, 2, 4]), 2.5);
  assert.equal(figure(run, { ...given, bound: { atLeast: 0.6 }, reference }).ratio, 0.62);
  assert.equal(figure(run, { ...given, bound: { atLeast: 0.6 }, reference }).holds, true);
  assert.equal(figure(run, { ...given, bound: { atLeast: 0.63 }, reference }).holds, false);
  assert.equal(figure(run, { ...given, bound: { atMost: 61 } }).holds, false, "without one, on the amount");
});

for (const name of Object.keys(benchmarks))
  test(`bin/bench ${name} --quick runs and gives figures`, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, name, "--quick", "--json"]);
    const report = JSON.parse(stdout.trim().split("\n").at(-1) as string);
    assert.equal(report.name, name);
    assert.ok(report.figures.length > 0);
    for (const one of report.figures)
      assert.ok(Number.isFinite(one.ours) && one.ours >= 0, `${one.name} is a number`);
  });
