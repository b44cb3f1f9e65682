import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { faultsLimitMs, run, runTests } from "./run-process.ts";
import { softwareAlone } from "./software-alone.ts";
import type { Totals } from "./test-reporter.ts";

/** What every phase is given. */
export interface RunContext {
  readonly root: string;
  /** Folder for what a person wants to look at: logs, screenshots, summaries. */
  readonly artefacts: string;
  /** Take the large counts. */
  readonly deep: boolean;
  /** Run these tests only; all when undefined. */
  readonly only: ReadonlySet<string> | undefined;
  readonly concurrency: number;
}

/** One step of a whole run. */
interface Phase {
  /** The word by which bin/test runs it alone. */
  readonly part: string;
  readonly name: string;
  /** Left out of a run without names: too long for every change. */
  readonly onRequest?: boolean;
  readonly run: (context: RunContext) => Promise<Totals>;
}

const nothing: Totals = { passed: 0, failed: 0, skipped: 0 };
const bin = (context: RunContext, name: string) => join(context.root, "node_modules/.bin", name);

/** In the order in which a person wants to hear of a failure: what is cheap and wrong first. */
export const phases: readonly Phase[] = [
  {
    part: "checks",
    name: "types",
    run: (context) => check(context, bin(context, "tsc"), ["--noEmit", "-p", "tsconfig.json"]),
  },
  {
    part: "checks",
    name: "lint and format",
    run: (context) =>
      check(context, bin(context, "biome"), [
        "check",
        "--diagnostic-level=error",
        "--max-diagnostics=200",
        ".",
      ]),
  },
  { part: "checks", name: "arrows and tidy", run: (context) => tests(context, ["tools/**/*.test.ts"]) },
  { part: "checks", name: "dead code", run: deadCode },
  { part: "checks", name: "client build", run: buildClient },
  { part: "software", name: "software, alone", run: (context) => alone(context, "software") },
  { part: "apps", name: "apps, alone", run: (context) => alone(context, "apps") },
  {
    part: "platform",
    name: "platform",
    run: (context) => tests(context, ["platform/**/*.test.ts"], ["platform/backups/src/vaults/**"]),
  },
  { part: "platform", name: "faults of the vaults", run: (context) => faults(context, ["--only", "vault/"]) },
  { part: "faults", name: "faults", onRequest: true, run: (context) => faults(context) },
  { part: "claims", name: "claims", run: (context) => tests(context, ["claims/**/*.test.ts"]) },
  { part: "bench", name: "benchmarks, quick", run: (context) => tests(context, ["bench/*.test.ts"]) },
  {
    part: "browser",
    name: "browser walk",
    run: (context) => tests(context, ["tests/**/*.test.ts"]),
  },
  {
    part: "vaults",
    name: "vaults on a real S3 engine",
    onRequest: true,
    run: (context) => tests(context, ["platform/backups/src/vaults/*.test.ts"]),
  },
];

/** The words that bin/test knows. */
export const phaseNames: ReadonlySet<string> = new Set(phases.map((phase) => phase.part));

async function check(context: RunContext, command: string, args: readonly string[]): Promise<Totals> {
  const exitCode = await run(command, args, { cwd: context.root });
  return exitCode === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

function tests(
  context: RunContext,
  patterns: readonly string[],
  except: readonly string[] = [],
): Promise<Totals> {
  return testsIn(context, context.root, patterns, except);
}

function testsIn(
  context: RunContext,
  root: string,
  patterns: readonly string[],
  except: readonly string[] = [],
): Promise<Totals> {
  const exclude = ["**/node_modules/**", "**/dist/**", ...except];
  const files = globSync([...patterns], { cwd: root, exclude }).sort();
  const wanted = files.filter((path) => !context.only || context.only.has(path));
  return wanted.length === 0 ? Promise.resolve(nothing) : runTests(context, root, wanted);
}

/** The software and its apps must stand without the platform: theirs run where it does not exist. */
async function alone(context: RunContext, half: "software" | "apps"): Promise<Totals> {
  using copy = softwareAlone(context.root);
  const types = await check({ ...context, root: copy.root }, bin(context, "tsc"), [
    "--noEmit",
    "-p",
    "tsconfig.json",
  ]);
  const ran = await testsIn(context, copy.root, [`${half}/**/*.test.ts`]);
  return {
    passed: types.passed + ran.passed,
    failed: types.failed + ran.failed,
    skipped: ran.skipped,
  };
}

/** The campaign of bin/faults: its quick set, or with --deep all of it; or what is chosen of it. Which files it reaches nobody knows. */
async function faults(context: RunContext, chosen: readonly string[] = []): Promise<Totals> {
  if (context.only) return nothing;
  const program = join(context.root, "platform/control/src/testing/campaign/main.ts");
  const result = join(context.artefacts, "faults.json");
  const args = [program, "--result", result, ...(context.deep ? [] : ["--quick"]), ...chosen];
  rmSync(result, { force: true });
  const exitCode = await run(process.execPath, args, { cwd: context.root, limitMs: faultsLimitMs });
  if (!existsSync(result)) return { ...nothing, failed: 1 };
  const {
    faults: all,
    passed,
    impossible,
  } = JSON.parse(readFileSync(result, "utf8")) as Record<"faults" | "passed" | "impossible", number>;
  return { passed, failed: all - passed || (exitCode === 0 ? 0 : 1), skipped: impossible };
}

/** Files, exports and dependencies that nothing uses. */
function deadCode(context: RunContext): Promise<Totals> {
  return check(context, bin(context, "knip"), ["--no-progress", "--no-config-hints"]);
}

async function buildClient(context: RunContext): Promise<Totals> {
  const folder = join(context.root, "software/web-client");
  const declared = join(folder, "package.json");
  if (!existsSync(declared)) return nothing;
  const { scripts } = JSON.parse(readFileSync(declared, "utf8")) as { scripts?: Record<string, string> };
  if (!scripts?.["build"]) return nothing;
  return check({ ...context, root: folder }, "npm", ["run", "--silent", "build"]);
}
