import type { Log } from "@holdfast/kernel/log";
import type { Cluster } from "./cluster/cluster.ts";
import { endHoarders } from "./cluster/end-hoarders.ts";
import type { PassingLogins } from "./passing-logins.ts";

const maintenanceMilliseconds = 600_000;
/** How soon sessions that starve their neighbours are noticed. */
const watchMilliseconds = 500;

/** Starts all or none: when one is refused, the others are stopped once they are up, and the folder is free. */
export async function startTogether(
  clusters: readonly Cluster[],
  lock: { release(): Promise<void> },
): Promise<void> {
  const started = await Promise.allSettled(clusters.map((cluster) => cluster.start()));
  const refused = started.find((result) => result.status === "rejected");
  if (!refused) return;
  await Promise.allSettled(clusters.map((cluster) => cluster.stop()));
  await lock.release();
  throw refused.reason;
}

/** Every few minutes: what lies in several places is compared, clusters are looked after, logins that ended are removed. */
export function keepUp(
  clusters: readonly Cluster[],
  {
    matchReplicas,
    logins,
    log,
  }: { matchReplicas(): void; readonly logins: PassingLogins; readonly log: Log },
): NodeJS.Timeout {
  return setInterval(() => {
    matchReplicas();
    void maintain(clusters, logins, log);
  }, maintenanceMilliseconds).unref();
}

/** One look at a time for each cluster; one that fails (it is restarted just now) is made again by the next. */
export function watchHoarders(clusters: readonly Cluster[], log: Log): NodeJS.Timeout {
  const looking = new Set<Cluster>();
  return setInterval(() => {
    for (const cluster of clusters.filter((one) => one.running && !looking.has(one))) {
      looking.add(cluster);
      endHoarders(cluster.administration, log)
        .catch((error: unknown) => log("debug", "sessions could not be looked at", { error }))
        .finally(() => looking.delete(cluster));
    }
  }, watchMilliseconds).unref();
}

/** A failure of one is logged and tried again the next time; it stops nothing else. */
async function maintain(clusters: readonly Cluster[], logins: PassingLogins, log: Log): Promise<void> {
  const done = await Promise.allSettled([...clusters.map((cluster) => cluster.maintain()), logins.sweep()]);
  for (const result of done)
    if (result.status === "rejected") log("error", "maintenance failed", { error: result.reason });
}
