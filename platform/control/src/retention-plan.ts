import { backupsInSlots, type SlotBackup } from "@holdfast/backups/kept-backups";
import type { RetentionPolicy } from "@holdfast/backups/retention";

const dayMs = 86_400_000;

/** What people take by hand, and safety points before a restore, are kept so long beside the plan's. */
export const keepAllMs: number = 7 * dayMs;

/** What retention knows of one backup that has copies somewhere. */
export interface RetainedBackup extends SlotBackup {
  readonly id: number;
  readonly isProven: boolean;
}

/**
 * Chooses the backups of one database that may be deleted, oldest first: none that the plan's slots need, none of the
 * last week, none that is not older than a proven one.
 *
 * A day's slot is filled by its newest stored backup, else by its newest partial one: a day on which a vault was
 * away leaves no hole. Pure, so that a year runs in a test and an interrupted deletion chooses the same again.
 * Source: claim BAK-1.
 */
export function backupsToRetire(
  backups: readonly RetainedBackup[],
  {
    policy,
    nowMs,
    keepYoungMs = keepAllMs,
  }: { readonly policy: RetentionPolicy; readonly nowMs: number; readonly keepYoungMs?: number },
): number[] {
  const newestProvenMs = Math.max(
    ...backups.filter(({ isProven }) => isProven).map(({ takenAtMs }) => takenAtMs),
  );
  const kept = backupsInSlots(backups, policy);
  return backups
    .filter(
      (backup) =>
        backup.takenAtMs < newestProvenMs && backup.takenAtMs < nowMs - keepYoungMs && !kept.has(backup),
    )
    .sort((one, other) => one.takenAtMs - other.takenAtMs || one.id - other.id)
    .map(({ id }) => id);
}
