/** Runs the phases that bin/test names, and closes with the sum of them all. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changedTests } from "./changed-tests.ts";
import { phaseNames, phases, type RunContext } from "./test-phases.ts";
import type { Totals } from "./test-reporter.ts";

interface PhaseResult extends Totals {
  readonly name: string;
  readonly seconds: number;
}

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { changed: { type: "boolean", default: false }, deep: { type: "boolean", default: false } },
  });
  const unknown = positionals.find((name) => !phaseNames.has(name));
  if (unknown) {
    console.error(`cannot run "${unknown}": the parts are ${[...phaseNames].join(", ")}`);
    return 2;
  }
  const artefacts = join(root, "artefacts");
  mkdirSync(artefacts, { recursive: true });
  const only = values.changed ? changedTests(root) : undefined;
  const context = {
    root,
    artefacts,
    deep: values.deep,
    only,
    concurrency: Math.max(2, availableParallelism()),
  };
  const results = await runPhases(context, new Set(positionals));
  return summary(artefacts, results, !values.changed);
}

async function runPhases(context: RunContext, wanted: ReadonlySet<string>): Promise<PhaseResult[]> {
  const results: PhaseResult[] = [];
  for (const phase of phases) {
    if (wanted.size > 0 ? !wanted.has(phase.part) : phase.onRequest) continue;
    console.log(`\n── ${phase.name}`);
    const start = performance.now();
    const totals = await phase.run(context);
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    results.push({ name: phase.name, seconds, ...totals });
    console.log(`   ${phase.name}: ${totals.passed} passed, ${totals.failed} failed, ${seconds} s`);
  }
  return results;
}

function summary(artefacts: string, results: readonly PhaseResult[], mustRun: boolean): number {
  writeFileSync(join(artefacts, "test-summary.json"), `${JSON.stringify(results, null, 2)}\n`);
  const sum = (count: (result: PhaseResult) => number) => results.reduce((all, one) => all + count(one), 0);
  console.log("\n── summary");
  for (const { name, passed, failed, seconds } of results) {
    const mark = failed > 0 ? "✖" : passed > 0 ? "✔" : "·";
    console.log(
      `${mark} ${name.padEnd(24)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`,
    );
  }
  const skipped = sum((result) => result.skipped);
  if (skipped > 0) console.log(`  ${skipped} skipped`);
  const passed = sum((result) => result.passed);
  // A run that ran nothing proves nothing.
  const failed = sum((result) => result.failed) + (passed === 0 && mustRun ? 1 : 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
