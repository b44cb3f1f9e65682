import { inspect } from "node:util";
import { isInterrupted } from "./run-process.ts";
import type { Job, JobEnd } from "./test-jobs.ts";

/** One job that was run. */
export interface Done {
  readonly job: Job;
  readonly end: JobEnd;
  readonly seconds: number;
}

/** What a pool tells while it works. */
export interface PoolListener {
  ended(done: Done): void;
  /** Now and then, for the person who waits. @param running - with the seconds since each began. */
  working(running: readonly { readonly job: Job; readonly seconds: number }[], waiting: number): void;
}

const tellMs = 60_000;

/**
 * Runs jobs, so many at once as there are workers. What is known to take long begins first, so that no worker
 * waits long for another at the end; the others follow in their order.
 *
 * @param longest - names of jobs, the longest first.
 */
export async function runPool(
  jobs: readonly Job[],
  options: { readonly workers: number; readonly longest: readonly string[]; readonly listener: PoolListener },
): Promise<void> {
  const { workers, longest, listener } = options;
  const queue = longestFirst(jobs, longest);
  const running = new Map<Job, number>();
  const secondsOf = (began: number) => Math.round((performance.now() - began) / 100) / 10;
  const tell = () =>
    listener.working(
      [...running].map(([job, began]) => ({ job, seconds: secondsOf(began) })),
      queue.length,
    );
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job && !isInterrupted(); job = queue.shift()) {
      const began = performance.now();
      running.set(job, began);
      const end = await endOf(job);
      running.delete(job);
      listener.ended({ job, end, seconds: secondsOf(began) });
    }
  };
  const timer = setInterval(tell, tellMs);
  try {
    await Promise.all(Array.from({ length: workers }, worker));
  } finally {
    clearInterval(timer);
  }
}

function longestFirst(jobs: readonly Job[], longest: readonly string[]): Job[] {
  const known = longest.flatMap((name) => jobs.filter((job) => job.name === name));
  return [...known, ...jobs.filter((job) => !known.includes(job))];
}

/** What cannot even be started has failed. */
async function endOf(job: Job): Promise<JobEnd> {
  try {
    return await job.run();
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, said: `${inspect(error)}\n` };
  }
}
