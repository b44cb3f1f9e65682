import { Backup } from "@holdfast/panel/backup";
import { controlActor } from "../actor.ts";
import { backupAges } from "../backup-schedule.ts";
import { type Condition, spanOf, type Watcher, type WatchParts } from "./condition.ts";
import { type LiveDatabase, liveDatabases } from "./live-databases.ts";

const hourMs = 3_600_000;
/** The schedule spreads what is due over an hour; only after that its turn was missed. */
const spreadMs = hourMs;
/** So many tries in a row that stored nothing are told before the hours of absence are over. */
const triesTold = 2;
const maxTries = 100_000;

/**
 * A database without a stored backup: due after 18 h (its turn missed after 19), warned at 22 h, the promise
 * broken at 24 h. Nothing else is asked than when the newest stored one was taken, so that a backup that
 * was never begun is missed like one that failed. Claims BAK-1, DR-1.
 */
export const watchBackups: Watcher = {
  name: "backups",
  codes: ["backup.absent"],
  look: async (parts) => {
    const now = parts.clock.now();
    return (await liveDatabases(parts)).flatMap((database) => absence(database, now) ?? []);
  },
};

function absence(database: LiveDatabase, nowMs: number): Condition | undefined {
  const sinceMs = (database.last_stored_at ?? database.create_date).epochMilliseconds;
  const ageMs = nowMs - sinceMs;
  if (ageMs < backupAges.dueMs + spreadMs) return undefined;
  const severity =
    ageMs >= backupAges.breachMs ? "critical" : ageMs >= backupAges.warnMs ? "warning" : "notice";
  return {
    code: "backup.absent",
    subject: database.name,
    severity,
    sentence: `${database.name} has had no stored backup for ${spanOf(ageMs)}${severity === "critical" ? ": more than the promised 24 hours could be lost" : ""}`,
    hint: `bin/holdfast backup create ${database.name}`,
    sinceMs,
    databaseId: database.id,
    customerId: database.customer_id.id,
  };
}

/** Tries that stored nothing, one after the other: told long before the hours of absence are over. */
export const watchTries: Watcher = {
  name: "tries to back up",
  codes: ["backup.failing"],
  look: async (parts) => {
    const databases = await liveDatabases(parts);
    const failed = await failedTries(parts);
    return databases.flatMap((database) => {
      const since = database.last_stored_at?.epochMilliseconds ?? 0;
      const tries = (failed.get(database.id) ?? []).filter((atMs) => atMs > since);
      const [firstMs] = tries;
      return tries.length < triesTold || firstMs === undefined
        ? []
        : failing(database, tries.length, firstMs);
    });
  },
};

function failing(database: LiveDatabase, tries: number, sinceMs: number): Condition {
  return {
    code: "backup.failing",
    subject: database.name,
    severity: "warning",
    sentence: `the last ${tries} tries to back up ${database.name} stored nothing`,
    hint: "see why in the panel under Operations",
    sinceMs,
    databaseId: database.id,
    customerId: database.customer_id.id,
  };
}

/** Moments of tries that failed, oldest first, by database. */
async function failedTries({ data }: WatchParts): Promise<Map<number, number[]>> {
  const rows = await data
    .reading(controlActor)
    .of(Backup)
    .searchRead(
      [
        ["state", "=", "failed"],
        ["database_id", "!=", false],
      ],
      ["database_id", "taken_at"],
      { order: "taken_at", limit: maxTries },
    );
  const tries = new Map<number, number[]>();
  for (const { database_id, taken_at } of rows) {
    const id = database_id?.id ?? 0;
    tries.set(id, [...(tries.get(id) ?? []), taken_at.epochMilliseconds]);
  }
  return tries;
}
