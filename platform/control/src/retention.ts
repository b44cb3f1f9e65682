import { standardRetention } from "@holdfast/backups/retention";
import type { Environment } from "@holdfast/framework/model/environment";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestRetirement } from "@holdfast/panel/retention-requests";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";
import { backupsToRetire, type RetainedBackup } from "./retention-plan.ts";

/** Each database is looked at once in so many rounds, and different ones in each: a fleet is no burst. */
const rounds = 60;
/** Deletions that the schedule has waiting or running at once. */
const maxOpen = 4;
const maxLooked = 100_000;

type RetentionParts = Pick<Parts, "data" | "clock" | "log">;

/** Asks to delete what the plan needs no more, of the databases whose turn it is. @returns how many. */
export async function scheduleRetention({ data, clock }: RetentionParts): Promise<number> {
  const env = data.reading(controlActor);
  const open = await env.of(Operation).searchRead(
    [
      ["kind", "=", "backup.retire"],
      ["ended_at", "=", false],
    ],
    ["input"],
  );
  const busy = new Set(open.map(({ input }) => Number((input as { backupId?: unknown }).backupId)));
  const turn = Math.floor(clock.now() / 60_000) % rounds;
  const databases = await env.of(Database).search([["neutralized", "=", false]], { limit: maxLooked });
  let asked = 0;
  for (const backupId of await unlocked(env, clock.now())) {
    if (busy.size + asked >= maxOpen) return asked;
    if (busy.has(backupId)) continue;
    await data.writing(controlActor, (writing) => requestRetirement(writing, backupId));
    asked++;
  }
  for (const id of databases.filter((each) => each % rounds === turn))
    for (const backupId of await retirable(env, id, clock.now())) {
      if (busy.size + asked >= maxOpen) return asked;
      if (busy.has(backupId)) continue;
      await data.writing(controlActor, (writing) => requestRetirement(writing, backupId));
      asked++;
    }
  return asked;
}

/** Backups that left the catalogs, and whose locks have ended since. */
function unlocked(env: Environment, nowMs: number): Promise<number[]> {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toString();
  return env.of(Backup).search(
    [
      ["state", "=", "locked"],
      ["delete_after", "<", now],
    ],
    { order: "delete_after", limit: maxOpen },
  );
}

/**
 * What of a database's backups may go now, oldest first; nothing under a legal hold.
 *
 * @param keepYoungMs - default a week; a person may ask for a younger one.
 */
export async function retirable(
  env: Environment,
  databaseId: number,
  nowMs: number,
  keepYoungMs?: number,
): Promise<number[]> {
  if (await isHeld(env, databaseId)) return [];
  const backups = await retained(env, databaseId);
  const young = keepYoungMs === undefined ? {} : { keepYoungMs };
  return backupsToRetire(backups, { policy: standardRetention, nowMs, ...young });
}

async function retained(env: Environment, databaseId: number): Promise<RetainedBackup[]> {
  const rows = await env.of(Backup).searchRead(
    [
      ["database_id", "=", databaseId],
      ["state", "in", ["stored", "partial", "damaged"]],
    ],
    ["taken_at", "state", "proven_at"],
    { limit: maxLooked },
  );
  return rows.map(({ id, taken_at, state, proven_at }) => ({
    id,
    takenAtMs: taken_at.epochMilliseconds,
    state: state as RetainedBackup["state"],
    isProven: proven_at !== null,
  }));
}

/** Whether the customer's backups must be kept whatever the plan says. */
export async function isHeld(env: Environment, databaseId: number): Promise<boolean> {
  const [database] = await env.of(Database).read([databaseId], ["customer_id"]);
  if (database === undefined) return false;
  const [customer] = await env.of(Customer).read([database.customer_id.id], ["held_since"]);
  return customer?.held_since != null;
}
