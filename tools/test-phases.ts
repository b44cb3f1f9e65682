import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run-process.ts";
import type { Checkout } from "./software-alone.ts";
import { checkJob, type Job, type JobEnd, nothing, testJobs } from "./test-jobs.ts";

/** What every phase is given. */
export interface RunContext {
  readonly root: string;
  /** Folder for what a person wants to look at: logs, screenshots, summaries. */
  readonly artefacts: string;
  /** Take the large counts. */
  readonly deep: boolean;
  /** Run these tests only; all when undefined. */
  readonly only: ReadonlySet<string> | undefined;
  /** What every program is given besides our own environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Copy of the software and the apps where nothing else exists; made at first need. */
  alone(): Checkout;
}

/** One part of a whole run. */
export interface Phase {
  /** The words by which bin/test runs it alone. */
  readonly parts: readonly string[];
  readonly name: string;
  /** Left out of a run without names: too long for every change. */
  readonly onRequest?: boolean;
  /** The others begin when it is over: cheap, and they stand on what it makes. */
  readonly first?: boolean;
  readonly jobs: (context: RunContext) => readonly Job[];
}

/** The faults start and kill an installation hundreds of times; nobody waits for all of them beside a change. */
const faultsLimitMs = 120 * 60_000;
const bin = (context: RunContext, name: string) => join(context.root, "node_modules/.bin", name);

/** More than sixty, of every sort that needs no server but ours: storage, catalogs, flipped bits, operations and uploads that die. */
const everydayFaults = [
  "vault/",
  "catalog/",
  "flips/",
  "backup.take/killed",
  "backup.verify/killed",
  "backup.retire/killed",
  "upload/it becomes nothing",
  "upload/a byte of a piece",
];

/** In the order in which a person wants to hear of a failure: what is cheap and wrong first. */
export const phases: readonly Phase[] = [
  {
    parts: ["checks"],
    name: "types",
    first: true,
    jobs: (context) => [types(context, context.root)],
  },
  {
    parts: ["checks"],
    name: "lint and format",
    first: true,
    jobs: (context) => {
      const options = ["--diagnostic-level=error", "--max-diagnostics=200"];
      return [checkJob(context, "biome", [bin(context, "biome"), "check", ...options, "."])];
    },
  },
  {
    parts: ["checks"],
    name: "arrows and tidy",
    first: true,
    jobs: (context) => tests(context, ["tools/**/*.test.ts"]),
  },
  {
    parts: ["checks"],
    name: "dead code",
    first: true,
    jobs: (context) => [
      checkJob(context, "knip", [bin(context, "knip"), "--no-progress", "--no-config-hints"]),
    ],
  },
  { parts: ["checks"], name: "client build", first: true, jobs: buildClient },
  {
    parts: ["software", "apps"],
    name: "types, alone",
    jobs: (context) => [types(context, context.alone().root)],
  },
  { parts: ["software"], name: "software, alone", jobs: (context) => alone(context, "software") },
  { parts: ["apps"], name: "apps, alone", jobs: (context) => alone(context, "apps") },
  {
    parts: ["platform"],
    name: "platform",
    jobs: (context) => tests(context, ["platform/**/*.test.ts"], ["platform/backups/src/vaults/**"]),
  },
  {
    parts: ["platform"],
    name: "faults of backups",
    // One lane: the other workers have work of their own.
    jobs: (context) =>
      faults(context, [...everydayFaults.flatMap((part) => ["--only", part]), "--lanes", "1"]),
  },
  { parts: ["faults"], name: "faults", onRequest: true, jobs: (context) => faults(context) },
  { parts: ["claims"], name: "claims", jobs: (context) => tests(context, ["claims/**/*.test.ts"]) },
  { parts: ["bench"], name: "benchmarks, quick", jobs: (context) => tests(context, ["bench/*.test.ts"]) },
  { parts: ["browser"], name: "browser walk", jobs: (context) => tests(context, ["tests/**/*.test.ts"]) },
  {
    parts: ["vaults"],
    name: "vaults on a real S3 engine",
    onRequest: true,
    jobs: (context) => tests(context, ["platform/backups/src/vaults/*.test.ts"]),
  },
];

/** The words that bin/test knows. */
export const phaseNames: ReadonlySet<string> = new Set(phases.flatMap((phase) => phase.parts));

/** Jobs that are known to take more than some fifteen seconds, the longest first. */
export const longestJobs: readonly string[] = [
  "claims/claims.test.ts",
  "faults",
  "bench/bench.test.ts",
  "tests/backup-screens.test.ts",
  "platform/control/src/kinds/erase-person.test.ts",
  "platform/control/src/kinds/restore-parts.test.ts",
  "platform/cli/src/up.test.ts",
  "platform/control/src/kinds/restore-over.test.ts",
  "tests/walk.test.ts",
  "platform/control/src/lost-control.test.ts",
  "platform/control/src/handlers/transfers.test.ts",
  "platform/agent/src/added-vault.test.ts",
  "platform/agent/src/lying-control.test.ts",
  "platform/agent/src/faults.test.ts",
  "platform/control/src/control-backups.test.ts",
  "platform/backups/src/restore.test.ts",
  "platform/backups/src/job.test.ts",
  "software/server/src/main.test.ts",
  "platform/agent/src/backup-jobs.test.ts",
  "what needs no database",
  "tests/no-climbing.test.ts",
  "bench/import-memory.test.ts",
  "platform/backups/src/import/hostile-zip.test.ts",
  "software/server/src/guesses.test.ts",
  "tests/fuzz.test.ts",
  "tests/contact-import.test.ts",
  "platform/backups/src/stranger.test.ts",
  "software/server/src/bad-input.test.ts",
  "software/framework/src/model/condition-sql.test.ts",
  "software/server/src/front-door.test.ts",
  "tsc",
];

function types(context: RunContext, root: string): Job {
  return checkJob(context, "tsc", [bin(context, "tsc"), "--noEmit", "-p", "tsconfig.json"], root);
}

function tests(
  context: RunContext,
  patterns: readonly string[],
  except: readonly string[] = [],
): readonly Job[] {
  return testsIn(context, context.root, patterns, except);
}

function testsIn(
  context: RunContext,
  root: string,
  patterns: readonly string[],
  except: readonly string[] = [],
): readonly Job[] {
  const exclude = ["**/node_modules/**", "**/dist/**", ...except];
  const files = globSync([...patterns], { cwd: root, exclude }).sort();
  return testJobs(
    context,
    root,
    files.filter((path) => !context.only || context.only.has(path)),
  );
}

/** The software and its apps must stand without the platform: theirs run where it does not exist. */
function alone(context: RunContext, half: "software" | "apps"): readonly Job[] {
  return testsIn(context, context.alone().root, [`${half}/**/*.test.ts`]);
}

/** The campaign of bin/faults: its quick set, or with --deep all of it; or what is chosen of it. Which files it reaches nobody knows. */
function faults(context: RunContext, chosen: readonly string[] = []): readonly Job[] {
  if (context.only) return [];
  const program = join(context.root, "platform/control/src/testing/campaign/main.ts");
  const result = join(context.artefacts, "faults.json");
  const args = [program, "--result", result, ...(context.deep ? [] : ["--quick"]), ...chosen];
  const campaign = async (): Promise<JobEnd> => {
    rmSync(result, { force: true });
    const options = { cwd: context.root, env: context.env, limitMs: faultsLimitMs };
    const { exitCode, said } = await run(process.execPath, args, options);
    if (!existsSync(result)) return { ...nothing, failed: 1, said };
    const counts = JSON.parse(readFileSync(result, "utf8"));
    const { faults: all, passed, impossible } = counts as Record<"faults" | "passed" | "impossible", number>;
    return { passed, failed: all - passed || (exitCode === 0 ? 0 : 1), skipped: impossible, said };
  };
  return [{ name: "faults", run: campaign }];
}

function buildClient(context: RunContext): readonly Job[] {
  const folder = join(context.root, "software/web-client");
  const declared = join(folder, "package.json");
  if (!existsSync(declared)) return [];
  const { scripts } = JSON.parse(readFileSync(declared, "utf8")) as { scripts?: Record<string, string> };
  if (!scripts?.["build"]) return [];
  return [checkJob(context, "vite build", ["npm", "run", "--silent", "build"], folder)];
}
