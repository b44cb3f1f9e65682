import cluster, { type Worker } from "node:cluster";
import { systemClock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";

/** A worker that dies is replaced; more deaths than this in a minute mean that something else is wrong. */
const maxDeathsPerMinute = 20;
/** What requests get to end when the server stops. */
const drainMilliseconds = 15_000;

/** Keeps the wished number of workers alive, and tells the supervisor when all of them answer. */
export async function superviseWorkers(count: number, log: Log): Promise<void> {
  const deaths: number[] = [];
  let stopping = false;
  cluster.on("exit", (worker, code, signal) => {
    if (stopping) return;
    const now = systemClock.now();
    deaths.push(now);
    while ((deaths[0] ?? now) < now - 60_000) deaths.shift();
    log("error", "a worker died", { worker: worker.id, code, signal, deaths: deaths.length });
    if (deaths.length > maxDeathsPerMinute) process.exit(1);
    cluster.fork();
  });
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
    setTimeout(() => process.exit(1), drainMilliseconds).unref();
    cluster.disconnect(() => process.exit(0));
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (process.send) process.on("disconnect", stop);
  await Promise.all(Array.from({ length: count }, () => answering(cluster.fork())));
  log("info", "all workers answer", { workers: count });
  process.send?.({ ready: true });
}

function answering(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.on("message", (message: { readonly ready?: boolean }) => {
      if (message.ready) resolve();
    });
  });
}
