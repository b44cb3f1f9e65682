import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { type Administration, identifier } from "../cluster/administration.ts";
import { formerDatabase, tenantNames } from "../tenant-names.ts";
import { databaseState, isolateAnew } from "./database.ts";

/** How long sessions that were told to end may take. */
const endMilliseconds = 10_000;
const pollMilliseconds = 10;

interface Renaming {
  readonly from: string;
  readonly to: string;
  /** A former database lets nobody in until it is live again. */
  readonly open?: true;
}

/**
 * Puts the database that was made beside in the live one's place: two renamings in one transaction, so that at
 * every moment exactly one database has the live name. The live one is kept under the former name, closed to all;
 * an older former one is dropped first. Its sessions end: a statement under way fails and was not acknowledged,
 * so what was acknowledged is in the former database.
 *
 * @returns false when there is nothing beside: it was done before. Safe to run again after a crash anywhere.
 * Source: claim BAK-5.
 */
export async function swapIn(cluster: Administration, tenantId: TenantId): Promise<boolean> {
  const live = tenantNames(tenantId).database;
  const beside = tenantNames(tenantId, "beside").database;
  if ((await databaseState(cluster, beside)) === "absent") return false;
  await dropFormer(cluster, tenantId);
  await exchange(cluster, live, [
    { from: live, to: formerDatabase(tenantId) },
    { from: beside, to: live, open: true },
  ]);
  await isolateAnew(cluster, tenantNames(tenantId));
  return true;
}

/**
 * Puts the former database back. What was live until now stands beside afterwards; {@link keepUndone} keeps it.
 *
 * @returns false when there is no former one: it was done before, or its time is over.
 */
export async function swapBack(cluster: Administration, tenantId: TenantId): Promise<boolean> {
  const live = tenantNames(tenantId).database;
  const former = formerDatabase(tenantId);
  if ((await databaseState(cluster, former)) === "absent") return false;
  const beside = tenantNames(tenantId, "beside").database;
  if ((await databaseState(cluster, beside)) !== "absent")
    throw new ExpectedError("conflict", "another restore of this database is under way", {
      hint: "cancel it or let it end, then undo",
    });
  await exchange(cluster, live, [
    { from: live, to: beside },
    { from: former, to: live, open: true },
  ]);
  await isolateAnew(cluster, tenantNames(tenantId));
  return true;
}

/** What {@link swapBack} took out of service becomes the former database, closed: undoing can be undone. */
export async function keepUndone(cluster: Administration, tenantId: TenantId): Promise<boolean> {
  const beside = tenantNames(tenantId, "beside").database;
  if ((await databaseState(cluster, beside)) === "absent") return false;
  await exchange(cluster, beside, [{ from: beside, to: formerDatabase(tenantId) }]);
  return true;
}

/** @returns whether there was one. */
export async function dropFormer(cluster: Administration, tenantId: TenantId): Promise<boolean> {
  const former = formerDatabase(tenantId);
  if ((await databaseState(cluster, former)) === "absent") return false;
  await cluster.query(`DROP DATABASE IF EXISTS ${identifier(former)} WITH (FORCE)`);
  return true;
}

/** @returns the bytes of the former database; undefined when there is none. */
export async function formerBytes(cluster: Administration, tenantId: TenantId): Promise<number | undefined> {
  const [row] = await cluster.query<{ bytes: string }>(
    "SELECT pg_database_size(datname)::text AS bytes FROM pg_database WHERE datname = $1",
    [formerDatabase(tenantId)],
  );
  return row === undefined ? undefined : Number(row.bytes);
}

/** A swap that died between closing and renaming left a live database closed; once per start. */
export async function reopenLive(cluster: Administration): Promise<void> {
  const rows = await cluster.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname ~ '^t_[0-9a-f]{32}$' AND NOT datallowconn",
  );
  for (const { name } of rows) await allow(cluster, name, true);
}

/** Renaming needs a database without sessions: it is closed, they end, and it opens again should that fail. */
async function exchange(
  cluster: Administration,
  closing: string,
  renamings: readonly Renaming[],
): Promise<void> {
  await allow(cluster, closing, false);
  try {
    await endSessions(
      cluster,
      renamings.map(({ from }) => from),
    );
    await cluster.together(
      renamings.flatMap(({ from, to, open }) => [
        ...(open ? [`ALTER DATABASE ${identifier(from)} WITH ALLOW_CONNECTIONS true`] : []),
        `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`,
      ]),
    );
  } catch (error) {
    await allow(cluster, closing, true).catch(() => undefined);
    throw error;
  }
}

async function endSessions(cluster: Administration, names: readonly string[]): Promise<void> {
  const ending = performance.now() + endMilliseconds;
  for (;;) {
    const left = await cluster.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1::name[])",
      [[...names]],
    );
    if (left.length === 0) return;
    if (performance.now() > ending)
      throw new ExpectedError("unavailable", `${left.length} sessions of the database do not end`, {
        hint: "it is tried again",
      });
    await wait(pollMilliseconds);
  }
}

async function allow(cluster: Administration, name: string, connections: boolean): Promise<void> {
  await cluster.query(`ALTER DATABASE ${identifier(name)} WITH ALLOW_CONNECTIONS ${connections}`);
}
