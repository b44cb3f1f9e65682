import { availableParallelism, loadavg } from "node:os";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestBackup } from "@holdfast/panel/request";
import { controlActor } from "./actor.ts";
import { noteRound } from "./alarms/rounds.ts";
import {
  type BackedUp,
  backupAgeMs,
  backupAges,
  backupsDue,
  openAtOnce,
  retryAfterMs,
} from "./backup-schedule.ts";
import { scheduleCatchUp } from "./catch-up.ts";
import { scheduleKeys } from "./key-schedule.ts";
import type { Parts } from "./parts.ts";
import { scheduleRetention } from "./retention.ts";
import { scheduleUpkeep } from "./upkeep.ts";

const lookMilliseconds = 60_000;
/** What the scheduler needs of control. */
export type SchedulerParts = Pick<Parts, "data" | "clock" | "log" | "random" | "agent">;

/**
 * Asks for the backups that are due, as a person would: by writing operations down.
 *
 * @param load - of the host, see openAtOnce.
 * @returns how many.
 */
export async function scheduleBackups(
  { data, clock, log }: Pick<Parts, "data" | "clock" | "log">,
  load = 0,
): Promise<number> {
  const databases = await backedUp({ data, clock });
  const open = databases.filter(({ isBusy }) => isBusy).length;
  const due = backupsDue(databases, clock.now());
  const oldestMs = Math.max(0, ...databases.map((database) => backupAgeMs(database, clock.now())));
  const most = openAtOnce({ load, nearWarning: oldestMs >= backupAges.warnMs });
  const chosen = due.slice(0, Math.max(0, most - open));
  for (const id of chosen) await data.writing(controlActor, (env) => requestBackup(env, id));
  if (due.length > chosen.length) log("info", "backups wait for their turn", { due: due.length, open });
  return chosen.length;
}

/** How many databases are near the breach of their promise, and how many are past it: told by absence alone. */
export async function lateBackups(parts: Pick<Parts, "data" | "clock">): Promise<{
  readonly late: number;
  readonly overdue: number;
}> {
  const ages = (await backedUp(parts)).map((database) => backupAgeMs(database, parts.clock.now()));
  const overdue = ages.filter((age) => age >= backupAges.breachMs).length;
  return { overdue, late: ages.filter((age) => age >= backupAges.warnMs).length - overdue };
}

/** Looks once a minute until the returned function is called. */
export function startScheduler(parts: SchedulerParts, wake: () => void): () => void {
  const look = (): void => {
    scheduleRound(parts, wake).catch((error: unknown) =>
      parts.log("error", "the schedule of backups could not be read", { error }),
    );
  };
  const timer = setInterval(look, lookMilliseconds);
  return () => clearInterval(timer);
}

/** Its end is noted: a schedule that no longer comes round is an alarm. */
async function scheduleRound(parts: SchedulerParts, wake: () => void): Promise<void> {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  if ((await scheduleBackups(parts, load)) > 0) wake();
  await noteRound(parts.data, "schedule backups", lookMilliseconds / 1_000);
  // A vault that is away holds up neither proofs nor deletions of others.
  const asked = await Promise.allSettled([
    scheduleUpkeep(parts),
    scheduleRetention(parts),
    scheduleCatchUp(parts),
    scheduleKeys(parts),
  ]);
  if (asked.some((result) => result.status === "fulfilled" && result.value > 0)) wake();
  for (const result of asked)
    if (result.status === "rejected")
      parts.log("error", "a schedule could not be read", { error: result.reason });
  if (asked[0].status === "rejected") return;
  await noteRound(parts.data, "schedule proofs", lookMilliseconds / 1_000);
}

/** Running databases that are no copies, with what the schedule must know of each. */
async function backedUp({ data, clock }: Pick<Parts, "data" | "clock">): Promise<BackedUp[]> {
  const env = data.reading(controlActor);
  const databases = await env.of(Database).searchRead(
    [
      ["state", "=", "running"],
      ["neutralized", "=", false],
    ],
    ["tenant_id", "create_date", "last_stored_at", "customer_id"],
  );
  const customers = await env.of(Customer).search([
    ["id", "in", [...new Set(databases.map(({ customer_id }) => customer_id.id))]],
    ["plan", "=", "paid"],
  ]);
  const paid = new Set(customers);
  const ids = databases.map(({ id }) => id);
  const lately = Temporal.Instant.fromEpochMilliseconds(clock.now() - retryAfterMs);
  const tried = await env.of(Backup).searchRead(
    [
      ["database_id", "in", ids],
      ["taken_at", ">", lately.toString()],
      ["origin", "!=", "imported"],
    ],
    ["database_id", "taken_at"],
    { order: "taken_at" },
  );
  const open = await env.of(Operation).searchRead(
    [
      ["kind", "=", "backup.take"],
      ["ended_at", "=", false],
      ["database_id", "in", ids],
    ],
    ["database_id"],
  );
  const lastTried = new Map(tried.map((backup) => [backup.database_id?.id, backup.taken_at]));
  const busy = new Set(open.map(({ database_id }) => database_id?.id));
  return databases.map(({ id, tenant_id, create_date, last_stored_at, customer_id }) => ({
    id,
    tenantId: tenant_id,
    createdAtMs: create_date.epochMilliseconds,
    lastStoredAtMs: last_stored_at?.epochMilliseconds ?? null,
    lastTriedAtMs: lastTried.get(id)?.epochMilliseconds ?? null,
    isBusy: busy.has(id),
    isPaid: paid.has(customer_id.id),
  }));
}
