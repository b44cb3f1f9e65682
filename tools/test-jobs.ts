import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run-process.ts";
import type { RunContext } from "./test-phases.ts";
import type { Totals } from "./test-reporter.ts";

/** What a worker runs in one go: a test file, a few that go together, or a program that only passes or fails. */
export interface Job {
  readonly name: string;
  run(): Promise<JobEnd>;
}

/** How a job ended. */
export interface JobEnd extends Totals {
  readonly said: string;
}

/** A job that has not ended by then hangs: it is killed with all its children and counts as failed. */
const jobLimitMs = 45 * 60_000;
/** One test may take this long; tests/ and claims/ walk whole installations, beside what the other workers do. */
const testLimitMs = { beside: 300_000, walk: 2_400_000 };
/** What counts of a run in which no test was counted. */
export const nothing: Totals = { passed: 0, failed: 0, skipped: 0 };

const uncounted: Totals = { ...nothing, failed: 1 };

/** Folders whose tests touch nothing outside themselves: one process runs them all, ten times as fast. */
const pureFolders = [
  "software/kernel/",
  "software/framework/src/expressions/",
  "software/framework/src/access/",
  "software/web-client/src/",
];

/** A program that passes with exit code 0. @param where - the folder that it runs in. */
export function checkJob(
  context: RunContext,
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  where = context.root,
): Job {
  return {
    name,
    run: async () => {
      const options = { cwd: where, env: context.env, limitMs: jobLimitMs };
      const { exitCode, said } = await run(command, args, options);
      return { ...nothing, ...(exitCode === 0 ? { passed: 1 } : { failed: 1 }), said };
    },
  };
}

/** Test files as jobs: the pure ones together in one process, every other in its own. */
export function testJobs(context: RunContext, root: string, files: readonly string[]): readonly Job[] {
  const isPure = (path: string) => pureFolders.some((folder) => path.startsWith(folder));
  const together = files.filter(isPure);
  const batch = ["--test", "--test-isolation=none", ...together];
  return [
    ...(together.length > 0 ? [nodeJob(context, root, "what needs no database", batch)] : []),
    ...files.filter((path) => !isPure(path)).map((path) => nodeJob(context, root, path, [path])),
  ];
}

function nodeJob(context: RunContext, root: string, name: string, args: readonly string[]): Job {
  const isWalk = name.startsWith("tests/") || name.startsWith("claims/");
  const reporter = new URL("test-reporter.ts", import.meta.url).pathname;
  const options = [
    `--test-timeout=${isWalk ? testLimitMs.walk : testLimitMs.beside}`,
    `--test-reporter=${reporter}`,
    "--test-reporter-destination=stdout",
  ];
  return {
    name,
    run: async () => {
      const scratch = mkdtempSync(join(tmpdir(), "holdfast-totals-"));
      const totalsPath = join(scratch, "totals.json");
      // Not the child of a runner, even when we are one: it prints and counts by itself.
      const env = { ...context.env, HOLDFAST_TOTALS: totalsPath, NODE_TEST_CONTEXT: undefined };
      try {
        const { exitCode, said } = await run(process.execPath, [...options, ...args], {
          cwd: root,
          env,
          limitMs: jobLimitMs,
        });
        const totals = readTotals(totalsPath) ?? untold(root, args, exitCode);
        // A process that dies without a failed test must not look like success.
        const isDead = totals.failed === 0 && exitCode !== 0;
        if (!isDead && totals !== uncounted) return { ...totals, said };
        return {
          ...totals,
          failed: 1,
          said: `${said}ended with ${exitCode} before its tests were counted\n`,
        };
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
}

function readTotals(path: string): Totals | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Totals;
  } catch {
    return undefined;
  }
}

/** A file in which the compiler alone has something to judge has no tests: that it loads is its test. */
function untold(root: string, args: readonly string[], exitCode: number): Totals {
  const hasTests = args.length > 1 || /"node:test"/.test(readFileSync(join(root, args[0] ?? ""), "utf8"));
  return exitCode === 0 && !hasTests ? { ...nothing, passed: 1 } : uncounted;
}
