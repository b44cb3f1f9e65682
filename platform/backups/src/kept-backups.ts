import { backupsToKeep, type RetentionPolicy } from "./retention.ts";

const hourMs = 3_600_000;

/** What a plan's slots ask of one backup. */
export interface SlotBackup {
  readonly takenAtMs: number;
  /** `stored` in every vault, or `partial` in some; a damaged one fills no slot. */
  readonly state: "stored" | "partial" | "damaged";
}

/**
 * The backups that fill a plan's slots: of each day the newest stored one, else the newest partial one. Control
 * chooses by it what to delete, and the agent refuses by it what must stay.
 */
export function backupsInSlots<T extends SlotBackup>(
  backups: readonly T[],
  policy: RetentionPolicy,
): ReadonlySet<T> {
  const best = new Map<string, T>();
  for (const backup of backups) {
    if (backup.state === "damaged") continue;
    const day = new Date(backup.takenAtMs).toISOString().slice(0, 10);
    const known = best.get(day);
    if (known === undefined || isBetter(backup, known)) best.set(day, backup);
  }
  return new Set(backupsToKeep([...best.keys()], policy).flatMap((day) => best.get(day) ?? []));
}

function isBetter(one: SlotBackup, other: SlotBackup): boolean {
  if (one.state !== other.state) return one.state === "stored";
  return one.takenAtMs > other.takenAtMs;
}

/**
 * The plan of the control database: all of the last two hours, the newest of each hour of a day, the newest of each
 * of fourteen days.
 *
 * @param takenMs - milliseconds since the epoch, any order.
 */
export function controlBackupsToKeep(takenMs: readonly number[], nowMs: number): ReadonlySet<number> {
  const newestOf = new Map<string, number>();
  for (const taken of takenMs) {
    const age = nowMs - taken;
    const slots = [
      ...(age <= 2 * hourMs ? [`each ${taken}`] : []),
      ...(age <= 24 * hourMs ? [`hour ${Math.floor(taken / hourMs)}`] : []),
      ...(age <= 14 * 24 * hourMs ? [`day ${Math.floor(taken / (24 * hourMs))}`] : []),
    ];
    for (const slot of slots) newestOf.set(slot, Math.max(taken, newestOf.get(slot) ?? 0));
  }
  return new Set(newestOf.values());
}
