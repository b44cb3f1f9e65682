/** Runs the phases that bin/test names, and closes with the sum of them all. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changedTests } from "./changed-tests.ts";
import { runPool } from "./run-pool.ts";
import { isInterrupted } from "./run-process.ts";
import { type RunReport, reportRun } from "./run-report.ts";
import { scratchFolder } from "./scratch-folder.ts";
import { type Checkout, softwareAlone } from "./software-alone.ts";
import { longestJobs, type Phase, phaseNames, phases, type RunContext } from "./test-phases.ts";

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
  using scratch = scratchFolder();
  using made = new DisposableStack();
  let alone: Checkout | undefined;
  const context: RunContext = {
    root,
    artefacts,
    deep: values.deep,
    only: values.changed ? changedTests(root) : undefined,
    env: {
      ...scratch.env,
      HOLDFAST_ARTEFACTS: artefacts,
      ...(values.deep ? { HOLDFAST_DEEP: "1" } : {}),
    },
    alone: () => (alone ??= made.use(softwareAlone(root))),
  };
  const wanted = phases.filter(({ parts, onRequest }) =>
    positionals.length > 0 ? parts.some((part) => positionals.includes(part)) : !onRequest,
  );
  const report = reportRun(artefacts);
  await runPhases(context, wanted, report);
  return report.close(!values.changed);
}

async function runPhases(context: RunContext, wanted: readonly Phase[], report: RunReport): Promise<void> {
  // One more than cores: what waits for a poll, a disk or a password leaves its core to another.
  const workers = Math.max(2, availableParallelism()) + 1;
  for (const stage of [wanted.filter(({ first }) => first), wanted.filter(({ first }) => !first)]) {
    const opened = stage.map((phase) => ({ name: phase.name, jobs: phase.jobs(context) }));
    for (const { name, jobs } of opened) report.open(name, jobs);
    const jobs = opened.flatMap((phase) => phase.jobs);
    if (!isInterrupted()) await runPool(jobs, { workers, longest: longestJobs, listener: report });
  }
}

process.exitCode = await main();
