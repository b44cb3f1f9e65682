import { createHash } from "node:crypto";

const hourMs = 3_600_000;

/** When a database is due, when somebody is warned, when the promise is broken. Source: claims BAK-1, DR-1. */
export const backupAges = { dueMs: 18 * hourMs, warnMs: 22 * hourMs, breachMs: 24 * hourMs } as const;

/** Databases of one installation do not all come due in the same minute. */
const spreadMs = hourMs;
const firstAfterMs = hourMs / 6;
/** After a try, whatever came of it, the next one of the same database waits so long. */
export const retryAfterMs: number = hourMs / 2;

/** What the schedule knows of one database. */
export interface BackedUp {
  readonly id: number;
  /** Spreads; any text that stays the same. */
  readonly tenantId: string;
  readonly createdAtMs: number;
  /** Whose data the newest stored backup holds; null: there is none. */
  readonly lastStoredAtMs: number | null;
  /** When a backup was last tried, if that was within {@link retryAfterMs}. */
  readonly lastTriedAtMs: number | null;
  /** One waits or runs. */
  readonly isBusy: boolean;
  /** Comes before the others that are due. */
  readonly isPaid?: boolean;
}

/**
 * Chooses the databases to back up now, the most urgent first: 18 to 19 hours after the last stored
 * backup, 10 to 70 minutes after they came to be, half an hour after a try that stored nothing.
 *
 * Pure: reads no clock, so that a year runs in a test.
 */
export function backupsDue(databases: readonly BackedUp[], nowMs: number): number[] {
  return databases
    .filter((database) => !database.isBusy && dueAt(database) <= nowMs)
    .sort((one, other) => urgency(one, nowMs) - urgency(other, nowMs) || one.id - other.id)
    .map(({ id }) => id);
}

/** Paid plans go an hour before their turn; nobody waits behind them once the warning is near. */
function urgency(database: BackedUp, nowMs: number): number {
  const isNearWarning = backupAgeMs(database, nowMs) >= backupAges.warnMs - hourMs;
  return dueAt(database) - (database.isPaid && !isNearWarning ? hourMs : 0);
}

/**
 * How many backups the schedule has at work at once: fewer on a busy host, and as many as ever when some are near
 * their warning, since then a slow host is the smaller evil.
 *
 * @param load - of the host, a processor's share: 1 is all processors busy.
 */
export function openAtOnce({
  load,
  nearWarning,
}: {
  readonly load: number;
  readonly nearWarning: boolean;
}): number {
  const busyLoad = 1.5;
  return load > busyLoad && !nearWarning ? 1 : 2;
}

/** How old the newest stored backup's data is; of a database without one, how long it has existed. */
export function backupAgeMs(database: BackedUp, nowMs: number): number {
  return nowMs - (database.lastStoredAtMs ?? database.createdAtMs);
}

function dueAt({ tenantId, createdAtMs, lastStoredAtMs, lastTriedAtMs }: BackedUp): number {
  const spread = shareOf(tenantId) * spreadMs;
  const due =
    lastStoredAtMs === null
      ? createdAtMs + firstAfterMs + spread
      : lastStoredAtMs + backupAges.dueMs + spread;
  return Math.max(due, lastTriedAtMs === null ? due : lastTriedAtMs + retryAfterMs);
}

/** From 0 to below 1, always the same for the same text. */
function shareOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
