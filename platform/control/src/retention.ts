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
  const turned = databases.filter((each) => each % rounds === turn);
  for (const backupId of await retirableOf(env, turned, clock.now())) {
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
export function retirable(
  env: Environment,
  databaseId: number,
  nowMs: number,
  keepYoungMs?: number,
): Promise<number[]> {
  return retirableOf(env, [databaseId], nowMs, keepYoungMs);
}

/** The same of several, one after the other: as many statements as for one. */
async function retirableOf(
  env: Environment,
  databaseIds: readonly number[],
  nowMs: number,
  keepYoungMs?: number,
): Promise<number[]> {
  const held = await heldOf(env, databaseIds);
  const free = databaseIds.filter((id) => !held.has(id));
  const backups = await retained(env, free);
  const young = keepYoungMs === undefined ? {} : { keepYoungMs };
  const options = { policy: standardRetention, nowMs, ...young };
  return free.flatMap((id) => backupsToRetire(backups.get(id) ?? [], options));
}

async function retained(
  env: Environment,
  databaseIds: readonly number[],
): Promise<ReadonlyMap<number, RetainedBackup[]>> {
  const rows = await env.of(Backup).searchRead(
    [
      ["database_id", "in", databaseIds],
      ["state", "in", ["stored", "partial", "damaged"]],
    ],
    ["database_id", "taken_at", "state", "proven_at"],
    { limit: maxLooked },
  );
  const byDatabase = Map.groupBy(rows, ({ database_id }) => database_id?.id ?? 0);
  return new Map(
    [...byDatabase].map(([databaseId, own]) => [
      databaseId,
      own.map(({ id, taken_at, state, proven_at }) => ({
        id,
        takenAtMs: taken_at.epochMilliseconds,
        state: state as RetainedBackup["state"],
        isProven: proven_at !== null,
      })),
    ]),
  );
}

/** Whether the customer's backups must be kept whatever the plan says. */
export async function isHeld(env: Environment, databaseId: number): Promise<boolean> {
  return (await heldOf(env, [databaseId])).has(databaseId);
}

async function heldOf(env: Environment, databaseIds: readonly number[]): Promise<ReadonlySet<number>> {
  const databases = await env.of(Database).read(databaseIds, ["customer_id"]);
  const customerIds = [...new Set(databases.map(({ customer_id }) => customer_id.id))];
  const customers = await env.of(Customer).read(customerIds, ["held_since"]);
  const held = new Set(customers.filter(({ held_since }) => held_since !== null).map(({ id }) => id));
  return new Set(databases.filter(({ customer_id }) => held.has(customer_id.id)).map(({ id }) => id));
}
