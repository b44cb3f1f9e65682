/** A day in UTC, `2026-11-22`: sorts by time. */
export type Day = string;

/** How many distinct backups to keep of each kind. */
export interface RetentionPolicy {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** What every customer has. Source: claim BAK-1. */
export const standardRetention: RetentionPolicy = { daily: 7, weekly: 4, monthly: 3 };

const dayMs = 86_400_000;

/**
 * Chooses which backups to keep: the newest days; then, of what is older, the newest of each week; then, of what is older
 * than those, the newest of each month. No backup fills two slots, so 7 + 4 + 3 are 14 distinct ones (the naive choice,
 * where the tiers overlap, keeps 11).
 *
 * @param taken - days with a stored backup; any order, no duplicates.
 * @returns the days to keep, newest first; every other may be deleted once a newer one is proven.
 *
 * A day that failed leaves no hole: a slot is filled by what exists. Pure: reads no clock, so an interrupted deletion
 * can run again and chooses the same days. Source: claim BAK-1.
 */
export function backupsToKeep(taken: readonly Day[], policy: RetentionPolicy): Day[] {
  const newestFirst = [...taken].sort().reverse();
  const daily = newestFirst.slice(0, policy.daily);
  const weekly = newestOfEach(newestFirst.slice(daily.length), weekOf, policy.weekly);
  const oldest = [...daily, ...weekly].at(-1) ?? "";
  const monthly = newestOfEach(
    newestFirst.filter((day) => day < oldest),
    monthOf,
    policy.monthly,
  );
  return [...daily, ...weekly, ...monthly];
}

/** The first of each period, in the given order. */
function newestOfEach(days: readonly Day[], periodOf: (day: Day) => string, most: number): Day[] {
  const chosen = new Map<string, Day>();
  for (const day of days)
    if (chosen.size < most && !chosen.has(periodOf(day))) chosen.set(periodOf(day), day);
  return [...chosen.values()];
}

const monthOf = (day: Day) => day.slice(0, 7);
/** Weeks begin on Monday: the epoch was a Thursday. */
const weekOf = (day: Day) => String(Math.floor((Date.parse(day) / dayMs + 3) / 7));
