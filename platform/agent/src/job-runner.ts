import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { JobResults, JobSpec } from "@holdfast/backups/jobs";
import { childFile, type RunOptions, runJob } from "@holdfast/backups/run-job";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { launcher } from "@holdfast/protocol/launcher";
import type { Progress } from "@holdfast/protocol/method";
import { signal as send } from "./cluster/processes.ts";
import { JobSlots } from "./job-slots.ts";
import { ourselves, type SystemUser, systemUser } from "./system-user.ts";
import { keepWhile, type RegisteredVault } from "./vaults.ts";

/** Each job is a process with its own connection. */
const slotLimits = { running: 4, waiting: 200 };
/** Downloads and uploads last as long as the person's line is slow: they hold no backup up. */
const streamLimits = { running: 6, waiting: 20 };
const endMilliseconds = 10_000;
/** Owns nothing and runs nothing on any Debian. */
const apartUser = "nobody";

/** See {@link JobRunner}. */
export interface JobRunnerOptions {
  readonly folder: DataFolder;
  readonly vaults: readonly RegisteredVault[];
  /** Who runs the job processes. */
  readonly serviceUser: SystemUser;
  readonly log: Log;
}

/** What a job is told by, and tells, whoever asked for it. */
export interface JobContext {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** Runs backup jobs as processes of the service user, some at a time, with the keeper at work meanwhile. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #slots = new JobSlots(slotLimits);
  readonly #streams = new JobSlots(streamLimits);

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** @throws what the job says; what the signal aborted with, once the process is gone. */
  run<Kind extends JobSpec["kind"]>(
    spec: Extract<JobSpec, { kind: Kind }>,
    context: JobContext,
    channel: Pick<RunOptions, "onChannel" | "onStarted"> = {},
  ): Promise<JobResults[Kind]> {
    return this.#run<Kind>(spec, context, { ...channel, runAs: this.#options.serviceUser });
  }

  /**
   * Runs a job with a credential that the service user must not see, as a user that runs nothing else; without
   * root as we ourselves.
   */
  runApart<Kind extends JobSpec["kind"]>(
    spec: Extract<JobSpec, { kind: Kind }>,
    context: JobContext,
  ): Promise<JobResults[Kind]> {
    const isRoot = ourselves().uid === 0;
    return this.#run<Kind>(spec, context, { runAs: isRoot ? systemUser(apartUser) : ourselves() });
  }

  #run<Kind extends JobSpec["kind"]>(
    spec: Extract<JobSpec, { kind: Kind }>,
    { signal, progress }: JobContext,
    { runAs, ...channel }: Pick<RunOptions, "onChannel" | "onStarted"> & { readonly runAs: SystemUser },
  ): Promise<JobResults[Kind]> {
    const { folder, log, vaults } = this.#options;
    const as = runAs.uid === ourselves().uid ? [] : launcher(runAs);
    const onLog = (line: string): void =>
      log("warn", "a backup job says", { kind: spec.kind, line: line.slice(0, 4_000) });
    const job = (): Promise<JobResults[Kind]> =>
      runJob<Kind>(spec, {
        signal,
        onProgress: progress,
        onLog,
        owner: folder.root,
        launcher: as,
        ...channel,
      });
    const slots = channel.onChannel === undefined ? this.#slots : this.#streams;
    return slots.run(() => keepWhile(vaults, job()), signal);
  }
}

/**
 * Ends the jobs that a killed agent left running: they undo themselves when they notice, but nothing
 * may still write while a new agent clears up. At the start, when it runs none of its own.
 *
 * @returns how many there were. Told by program and data folder, so nobody else's process is taken for one.
 */
export async function endLeftJobs(folder: DataFolder): Promise<number> {
  const left = leftJobs(folder);
  for (const pid of left) send(pid, "SIGKILL");
  for (let waited = 0; leftJobs(folder).length > 0; waited += 20) {
    if (waited > endMilliseconds)
      throw new ExpectedError("unavailable", `backup jobs of a former agent do not end: ${left.join(", ")}`, {
        hint: "they wait for a disk that does not answer; look at `dmesg`",
      });
    await wait(20);
  }
  return left.length;
}

function leftJobs(folder: DataFolder): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = argumentsOf(pid);
      // Also while what starts it as another user has not yet become it.
      const at = words.indexOf(childFile);
      return at >= 0 && words[at + 1] === folder.root;
    });
}

/** None for a process that is gone, or is a zombie. */
function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
