import { createHash } from "node:crypto";
import { proofPeriodMs } from "./alarms/watch-proofs.ts";

/** A proof is due at this share of its period, so that the rest is left for tries that fail. */
const dueAfter = 3 / 4;
const hourMs = 3_600_000;
/** After a try, whatever came of it, the same database waits so long. */
const retryAfterMs = hourMs;
/** Databases of one installation do not all come due in the same hour. */
const spreadShare = 1 / 8;

/** What proofs and readings of a day may read, so that they never hold up what people ask for. */
export const proofBudget = { bytesPerDay: 500 * 10 ** 9, samplesPerDay: 24 } as const;

/** What the schedule of proofs knows of one database. */
export interface ProvenDatabase {
  readonly id: number;
  readonly tenantId: string;
  readonly isPaid: boolean;
  /** When the newest proof of any of its backups was; null: never. */
  readonly lastProvenAtMs: number | null;
  /** Since when there is something to prove; null: no backup is stored yet. */
  readonly firstStoredAtMs: number | null;
  readonly lastTriedAtMs: number | null;
  readonly isBusy: boolean;
}

/**
 * Chooses the databases of which a backup is to be restored and compared now, the most overdue first: paid ones
 * daily, all others weekly, a new one within a day of its first stored backup.
 *
 * Pure: reads no clock, so that a year runs in a test. Source: claims BAK-1, BAK-5.
 */
export function proofsDue(databases: readonly ProvenDatabase[], nowMs: number): number[] {
  return databases
    .map((database) => ({ database, dueMs: dueAt(database) }))
    .filter(({ database, dueMs }) => dueMs <= nowMs && !database.isBusy && !triedLately(database, nowMs))
    .sort((one, other) => one.dueMs - other.dueMs || one.database.id - other.database.id)
    .map(({ database }) => database.id);
}

function triedLately({ lastTriedAtMs }: ProvenDatabase, nowMs: number): boolean {
  return lastTriedAtMs !== null && nowMs - lastTriedAtMs < retryAfterMs;
}

function dueAt({ tenantId, isPaid, lastProvenAtMs, firstStoredAtMs }: ProvenDatabase): number {
  if (firstStoredAtMs === null) return Number.POSITIVE_INFINITY;
  const share = shareOf(tenantId);
  if (lastProvenAtMs === null) return firstStoredAtMs + share * 12 * hourMs;
  return lastProvenAtMs + proofPeriodMs(isPaid) * (dueAfter - share * spreadShare);
}

/** From 0 to below 1, always the same for the same text. */
function shareOf(text: string): number {
  return createHash("sha256").update(`proof ${text}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** One stored backup that a spare hour could go to. */
export interface Sample {
  readonly id: number;
  readonly bytes: number;
  readonly provenAtMs: number | null;
}

/**
 * Chooses an older backup to prove in what the budget leaves: those never proven first, drawn at random, so that
 * no backup can count on never being looked at.
 *
 * @param random - 0 to below 1.
 * @returns undefined when nothing fits the budget.
 */
export function drawSample(
  samples: readonly Sample[],
  left: { readonly bytes: number },
  random: number,
): Sample | undefined {
  const fitting = samples.filter(({ bytes }) => bytes <= left.bytes);
  const never = fitting.filter(({ provenAtMs }) => provenAtMs === null);
  const drawn = never.length > 0 ? never : fitting;
  return drawn[Math.floor(random * drawn.length)];
}
