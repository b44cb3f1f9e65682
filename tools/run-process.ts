import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunContext } from "./test-phases.ts";
import type { Totals } from "./test-reporter.ts";

/** A phase that has not ended by then hangs: it is killed with all its children and counts as failed. */
const phaseLimitMs = 15 * 60_000;
/** The faults start and kill an installation hundreds of times; nobody waits for them beside a change. */
export const faultsLimitMs = 120 * 60_000;
/** One test may take this long; tests/ walk whole installations. */
const testLimitMs = { beside: 120_000, walk: 420_000 };

/** Folders whose tests touch nothing outside themselves: one process runs them all, ten times as fast. */
const pureFolders = [
  "software/kernel/",
  "software/framework/src/expressions/",
  "software/framework/src/access/",
];

/** Runs a program with its output shown and no input. @returns its exit code; 124 after the limit. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly limitMs?: number },
): Promise<number> {
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, {
    cwd: options.cwd,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const stop = (signal: NodeJS.Signals) => {
    if (child.pid) process.kill(-child.pid, signal);
  };
  const passOn = () => stop("SIGINT");
  process.once("SIGINT", passOn);
  let isLate = false;
  const limitMs = options.limitMs ?? phaseLimitMs;
  const limit = setTimeout(() => {
    isLate = true;
    console.error(`stopped after ${limitMs / 60_000} minutes: ${command}`);
    stop("SIGKILL");
  }, limitMs);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", reject);
  child.once("exit", (code, signal) => resolve(isLate ? 124 : (code ?? (signal ? 1 : 0))));
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    process.off("SIGINT", passOn);
  }
}

/** Runs test files with Node's runner: the pure ones in one process, every other in its own. */
export async function runTests(context: RunContext, root: string, files: readonly string[]): Promise<Totals> {
  const isPure = (path: string) => pureFolders.some((folder) => path.startsWith(folder));
  const isWalk = (path: string) => path.startsWith("tests/") || path.startsWith("claims/");
  const together = files.filter(isPure);
  const walks = files.filter((path) => isWalk(path));
  const apart = files.filter((path) => !isPure(path) && !isWalk(path));
  const runs = [
    await runNode(context, root, together, ["--test-isolation=none"]),
    await runNode(context, root, apart, [`--test-concurrency=${context.concurrency}`]),
    await runNode(context, root, walks, ["--test-concurrency=1"], testLimitMs.walk),
  ];
  const sum = (count: keyof Totals) => runs.reduce((all, one) => all + one[count], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

async function runNode(
  context: RunContext,
  root: string,
  files: readonly string[],
  options: readonly string[],
  limitMs = testLimitMs.beside,
): Promise<Totals> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-totals-"));
  const totalsPath = join(scratch, "totals.json");
  const reporter = new URL("test-reporter.ts", import.meta.url).pathname;
  const args = [
    "--test",
    `--test-timeout=${limitMs}`,
    `--test-reporter=${reporter}`,
    "--test-reporter-destination=stdout",
    ...options,
    ...files,
  ];
  const env = {
    HOLDFAST_TOTALS: totalsPath,
    HOLDFAST_ARTEFACTS: context.artefacts,
    ...(context.deep ? { HOLDFAST_DEEP: "1" } : {}),
  };
  try {
    const exitCode = await run(process.execPath, args, { cwd: root, env });
    const totals = readTotals(totalsPath);
    // A runner that dies without a failed test must not look like success.
    return exitCode !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readTotals(path: string): Totals {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Totals;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
