import { present } from "@holdfast/kernel/assert";
import type { BackupId } from "@holdfast/kernel/id";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import type { DatabaseInScope, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";

/** The newest backup of a database that was once stored, damaged meanwhile or not. */
export interface NewestBackup {
  readonly recordId: number;
  readonly backupId: BackupId;
  readonly takenAt: Temporal.Instant;
  /** Of the sealed archive, as noted when it was taken. */
  readonly sha256: string;
}

const hourMs = 3_600_000;

/** How long a database may exist without a stored backup. Source: claims BAK-1, DR-1. */
export const graceHours = 24;

/** @returns undefined when the database has none. */
export async function newestBackup(
  { control }: Pick<ProbeContext, "control">,
  database: DatabaseInScope,
): Promise<NewestBackup | undefined> {
  const [row] = await control
    .reading(probeActor("BAK-2"))
    .of(Backup)
    .searchRead(
      [
        ["tenant_id", "=", database.tenantId],
        ["state", "in", ["stored", "partial", "damaged"]],
      ],
      ["key", "taken_at", "sha256"],
      { order: "taken_at desc, id desc", limit: 1 },
    );
  if (row === undefined) return undefined;
  return {
    recordId: row.id,
    backupId: present(parseId<"backup">(row.key), "a backup id"),
    takenAt: row.taken_at,
    sha256: present(row.sha256, "the digest of a stored backup"),
  };
}

/** Whether a database has existed for longer than it may be without a backup. */
export function owesBackup({ clock }: Pick<ProbeContext, "clock">, database: DatabaseInScope): boolean {
  return hoursSince(clock.now(), database.createdAt) > graceHours;
}

/** Customers' databases: a copy is no original, so nobody backs it up. */
export function originals(databases: readonly DatabaseInScope[]): DatabaseInScope[] {
  return databases.filter((database) => !database.neutralized);
}

/**
 * Sees that the canary has a backup of the last day, so that there is always one to measure, also on an
 * installation without customers.
 */
export async function backUpCanary(context: ProbeContext): Promise<void> {
  const [canary] = await context.canaries();
  if (canary === undefined) return;
  const newest = await newestBackup(context, canary);
  if (newest === undefined || hoursSince(context.clock.now(), newest.takenAt) > graceHours)
    await context.drills.backUp(canary.name);
}

/** @param nowMs - milliseconds since the epoch. */
export function hoursSince(nowMs: number, moment: Temporal.Instant): number {
  return (nowMs - moment.epochMilliseconds) / hourMs;
}
