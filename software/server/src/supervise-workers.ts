import cluster, { type Worker } from "node:cluster";
import { systemClock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";

/** What a worker tells. */
export type WorkerMessage =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "failed"; readonly reason: string };

/** A worker that dies is replaced; more deaths than this in a minute mean that something else is wrong. */
const maxDeathsPerMinute = 20;
/** What a worker gets to answer what is under way. */
const drainMilliseconds = 15_000;

/**
 * Starts the workers of one port, tells the supervisor when all answer, replaces those that die, and stops them
 * when asked to or when the supervisor is gone.
 *
 * @throws Error when a worker cannot start at all: another start would not help it.
 */
export async function superviseWorkers(count: number, log: Log): Promise<void> {
  const state = { stopping: false };
  const workers = Array.from({ length: count }, () => cluster.fork());
  await Promise.all(workers.map(listening));
  replaceTheDead(state, log);
  const stop = (): void => {
    if (state.stopping) return;
    state.stopping = true;
    const left = Object.values(cluster.workers ?? {}).flatMap((worker) => (worker ? [stopped(worker)] : []));
    Promise.all(left).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (process.send) process.on("disconnect", stop);
  log("info", "all workers answer", { workers: count });
  process.send?.({ ready: true });
}

function replaceTheDead(state: { readonly stopping: boolean }, log: Log): void {
  const deaths: number[] = [];
  cluster.on("exit", (worker, code, signal) => {
    if (state.stopping) return;
    const now = systemClock.now();
    deaths.push(now);
    while ((deaths[0] ?? now) < now - 60_000) deaths.shift();
    log("error", "a worker died", { worker: worker.id, code, signal, deaths: deaths.length });
    if (deaths.length > maxDeathsPerMinute) process.exit(1);
    cluster.fork();
  });
}

function listening(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "listening") resolve();
      else if (message.kind === "failed") reject(new Error(message.reason));
    });
    worker.once("exit", (code) => reject(new Error(`a worker ended with ${code} before it answered`)));
  });
}

function stopped(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const kill = setTimeout(() => worker.process.kill("SIGKILL"), drainMilliseconds);
    worker.once("exit", () => {
      clearTimeout(kill);
      resolve();
    });
    // Not a message: one that is still starting would never read it, and hold us up until it is killed.
    worker.process.kill("SIGTERM");
  });
}
