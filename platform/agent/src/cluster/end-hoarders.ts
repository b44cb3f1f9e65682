import type { Log } from "@holdfast/kernel/log";
import type { Administration } from "./administration.ts";

/** Locks of one customer's role, over all its sessions, beyond which those that hold many are ended. */
export const maxLocks = 4_000;
/** A session with fewer is not one that hoards: a transaction over every table and index of a database has some hundreds. */
const manyLocks = 300;
/** Share of the cluster's queue of notices that may wait for somebody who does not read it. */
const maxQueueShare = 0.02;
const maxListenSeconds = 30;

/**
 * Ends sessions of customers' roles that take what all databases of a cluster share: its table of locks (a savepoint
 * left open in which a row was changed is one, and no right keeps a role from it), and its queue of notices (held up
 * by whoever listens in an open transaction). What a passing login of our own does, a restore or a backup, is not asked.
 *
 * @returns how many sessions were ended. Cheap enough for every half second. Source: claim ISO-2.
 */
export async function endHoarders(cluster: Administration, log: Log): Promise<number> {
  const ended = await cluster.query<{ role: string; why: string }>(
    `WITH held AS (SELECT pid, count(*) AS locks FROM pg_locks GROUP BY pid),
      theirs AS (SELECT a.pid, a.usename, held.locks, a.xact_start, sum(held.locks) OVER (PARTITION BY a.usename) AS together
        FROM pg_stat_activity a JOIN held USING (pid) WHERE a.usename ~ '^r_[0-9a-f]{32}$')
    SELECT usename AS role, CASE WHEN together > $1 AND locks > $2 THEN 'locks' ELSE 'notices' END AS why, pg_terminate_backend(pid)
    FROM theirs WHERE (together > $1 AND locks > $2)
      OR (pg_notification_queue_usage() > $3 AND xact_start < now() - $4 * interval '1 second')`,
    [maxLocks, manyLocks, maxQueueShare, maxListenSeconds],
  );
  for (const { role, why } of ended)
    log("warn", "ended a session that took what all databases share", { role, why });
  return ended.length;
}
