import type { Log } from "@holdfast/kernel/log";
import type { Administration } from "./administration.ts";

/** Locks of one customer's role, over all its sessions, beyond which those that hold many are ended. */
export const maxLocks = 4_000;
/** A session with fewer is not one that hoards: a transaction over every table and index of a database has some hundreds. */
const manyLocks = 300;
/** Share of the cluster's queue of notices that may wait for somebody who does not read it. */
const maxQueueShare = 0.02;
const maxListenSeconds = 30;

/** How far one customer may go; a test goes less far. */
const limits = { maxLocks, manyLocks, maxQueueShare, maxListenSeconds } as const;

/**
 * Ends sessions of customers' roles that take what all databases of a cluster share: its table of locks (a savepoint
 * left open in which a row was changed is one, and no right keeps a role from it), and its queue of notices (held up
 * by whoever listens in an open transaction). Who listens PostgreSQL tells nobody; from which database a notice came
 * stands at the beginning of each file of the queue. Only sessions of those databases are ended, or whoever fills the
 * queue would have every neighbour's long work ended with it. What a passing login of our own does, a restore or a
 * backup, is not asked.
 *
 * @returns how many sessions were ended. Cheap enough for every half second. Source: claim ISO-2.
 */
export async function endHoarders(
  cluster: Administration,
  log: Log,
  allowed: { readonly [Name in keyof typeof limits]: number } = limits,
): Promise<number> {
  const ended = await cluster.query<{ role: string; why: string }>(
    `WITH held AS (SELECT pid, count(*) AS locks FROM pg_locks GROUP BY pid),
      queue AS MATERIALIZED (SELECT pg_notification_queue_usage() > $3 AS is_long),
      heads AS (SELECT CASE WHEN is_long THEN pg_read_binary_file('pg_notify/' || name, 4, 4, true) END AS bytes
        FROM queue, pg_ls_dir('pg_notify') AS name),
      senders AS (SELECT DISTINCT get_byte(bytes, 0) + (get_byte(bytes, 1) << 8) + (get_byte(bytes, 2) << 16)
        + (get_byte(bytes, 3)::bigint << 24) AS datid FROM heads WHERE length(bytes) = 4),
      theirs AS (SELECT a.pid, a.usename, a.datid, held.locks, a.xact_start, sum(held.locks) OVER (PARTITION BY a.usename) AS together
        FROM pg_stat_activity a JOIN held USING (pid) WHERE a.usename ~ '^r_[0-9a-f]{32}$')
    SELECT usename AS role, CASE WHEN together > $1 AND locks > $2 THEN 'locks' ELSE 'notices' END AS why, pg_terminate_backend(pid)
    FROM theirs WHERE (together > $1 AND locks > $2)
      OR (xact_start < now() - $4 * interval '1 second' AND datid::bigint IN (SELECT datid FROM senders))`,
    [allowed.maxLocks, allowed.manyLocks, allowed.maxQueueShare, allowed.maxListenSeconds],
  );
  for (const { role, why } of ended)
    log("warn", "ended a session that took what all databases share", { role, why });
  return ended.length;
}
