import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Done, PoolListener } from "./run-pool.ts";
import type { Job } from "./test-jobs.ts";
import type { Totals } from "./test-reporter.ts";

interface PhaseResult extends Totals {
  readonly name: string;
  /** Of all its jobs together; several run at once. */
  readonly seconds: number;
}

/** Tells a person how a run goes: a failure at once, a phase when it is over, all of it at the end. */
export interface RunReport extends PoolListener {
  open(phase: string, jobs: readonly Job[]): void;
  /** Prints and keeps the summary. @param mustRun - whether a run of nothing counts as failed. @returns the exit code. */
  close(mustRun: boolean): number;
}

interface OpenPhase {
  readonly name: string;
  readonly jobs: readonly Job[];
  readonly done: Done[];
}

/** @param artefacts - the folder where test-summary.json and test-files.json are left. */
export function reportRun(artefacts: string): RunReport {
  const began = performance.now();
  const opened: OpenPhase[] = [];
  return {
    open: (name, jobs) => {
      const phase = { name, jobs, done: [] };
      opened.push(phase);
      if (jobs.length === 0) printPhase(phase);
    },
    ended: (done) => {
      const phase = opened.find(({ jobs }) => jobs.includes(done.job));
      if (!phase) return;
      phase.done.push(done);
      if (done.end.failed > 0) process.stdout.write(`\n✖ ${phase.name}: ${done.job.name}\n${done.end.said}`);
      if (phase.done.length === phase.jobs.length) printPhase(phase);
    },
    working: (running, waiting) => {
      const names = running.map(({ job, seconds }) => `${job.name} (${seconds} s)`);
      console.log(`   … ${names.join(", ")}; ${waiting} to come`);
    },
    close: (mustRun) => {
      const results = opened.map(resultOf);
      const files = opened
        .flatMap(({ done }) => done)
        .map(({ job, seconds }) => [job.name, seconds] as const);
      files.sort(([, one], [, other]) => other - one);
      keep(join(artefacts, "test-summary.json"), results);
      keep(join(artefacts, "test-files.json"), Object.fromEntries(files));
      printFailures(opened.flatMap(({ done }) => done).filter(({ end }) => end.failed > 0));
      return printSummary(results, (performance.now() - began) / 1000, mustRun);
    },
  };
}

/** A job that was never run, because somebody stopped us, did not pass. */
function resultOf({ name, jobs, done }: OpenPhase): PhaseResult {
  const sum = (count: (one: Done) => number) => done.reduce((all, one) => all + count(one), 0);
  return {
    name,
    seconds: Math.round(sum(({ seconds }) => seconds) * 10) / 10,
    passed: sum(({ end }) => end.passed),
    failed: sum(({ end }) => end.failed) + jobs.length - done.length,
    skipped: sum(({ end }) => end.skipped),
  };
}

function printPhase(phase: OpenPhase): void {
  const { name, passed, failed, seconds } = resultOf(phase);
  console.log(`\n── ${name}`);
  for (const job of phase.jobs) {
    const done = phase.done.find((one) => one.job === job);
    if (done?.end.failed === 0) process.stdout.write(done.end.said);
    else console.log(`✖ ${job.name}: see above`);
  }
  console.log(`   ${name}: ${passed} passed, ${failed} failed, ${seconds} s of work`);
}

/** How much of a failure is said again at the end, in characters: of a long log often only the end is kept. */
const saidAgain = { jobs: 10, beginning: 2_500, end: 1_500 };

function printFailures(failed: readonly Done[]): void {
  if (failed.length === 0) return;
  console.log("\n── what failed, once more");
  for (const { job, end, seconds } of failed.slice(0, saidAgain.jobs))
    console.log(`✖ ${job.name}, after ${seconds} s\n${shortened(end.said.trim())}`);
  if (failed.length > saidAgain.jobs) console.log(`and ${failed.length - saidAgain.jobs} more: see above`);
}

/** Its beginning and its end: a first failure often explains the others, a job that was stopped says so last. */
function shortened(text: string): string {
  if (text.length <= saidAgain.beginning + saidAgain.end) return text;
  return `${text.slice(0, saidAgain.beginning)}\n  …\n${text.slice(-saidAgain.end)}`;
}

function printSummary(results: readonly PhaseResult[], seconds: number, mustRun: boolean): number {
  const sum = (count: (result: PhaseResult) => number) => results.reduce((all, one) => all + count(one), 0);
  console.log("\n── summary");
  for (const result of results) {
    const mark = result.failed > 0 ? "✖" : result.passed > 0 ? "✔" : "·";
    console.log(
      `${mark} ${result.name.padEnd(24)} ${String(result.passed).padStart(5)} passed ${String(result.failed).padStart(4)} failed ${result.seconds.toFixed(1).padStart(7)} s of work`,
    );
  }
  console.log(`  ${Math.round(seconds)} s in all`);
  const skipped = sum((result) => result.skipped);
  if (skipped > 0) console.log(`  ${skipped} skipped`);
  const passed = sum((result) => result.passed);
  // A run that ran nothing proves nothing.
  const failed = sum((result) => result.failed) + (passed === 0 && mustRun ? 1 : 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

function keep(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
