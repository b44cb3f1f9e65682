import type { BackupId } from "@holdfast/kernel/id";
import { listVaults } from "@holdfast/protocol/agent-methods";
import { describeBackup, listBackups } from "@holdfast/protocol/backup-methods";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { backUpCanary, graceHours, hoursSince, originals, owesBackup } from "../stored-backups.ts";

/** DR-1: how much could be lost at most. */
export const recentBackups: Claim = {
  id: "DR-1",
  promise:
    "A disaster loses at most 24 hours: of every database there is an off-site backup younger than that.",
  method:
    "The vaults are asked what lies in them, not our own records. The newest archive of each database is opened with its key, and its own sealed head says when it was taken. The oldest of these ages is what a disaster could lose now.",
  maxAgeMinutes: 240,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  await backUpCanary(context);
  const ages: number[] = [];
  let tooYoung = 0;
  for (const database of originals(context.databases)) {
    const takenAt = await newestInVaults(context, database);
    if (takenAt === undefined && !owesBackup(context, database)) tooYoung += 1;
    else if (takenAt === undefined) verdict.problem("a database has no backup in any vault", database.name);
    else {
      const hours = hoursSince(context.clock.now(), takenAt);
      ages.push(hours);
      verdict.expect(
        hours < graceHours,
        `the newest backup of a database is older than ${graceHours} hours`,
        `${database.name}: ${hours.toFixed(1)} hours`,
      );
    }
  }
  const { vaults } = await context.agent(listVaults, {});
  if (vaults.some((vault) => vault.simulated)) verdict.simulated();
  if (tooYoung > 0)
    verdict.note(
      `${counted(tooYoung, "database is", "databases are")} younger than that and without a backup yet`,
    );
  if (ages.length === 0 && verdict.holds)
    return { state: "not_applicable", summary: "No database is old enough to owe a backup." };
  return verdict.finding(
    `the newest archives of ${counted(ages.length, "database")} were opened: the oldest was taken ${Math.max(0, ...ages).toFixed(1)} hours ago`,
  );
}

/** @returns when the newest archive was taken, as its sealed head says; undefined without one that opens. */
async function newestInVaults(
  { agent, signal }: ProbeContext,
  { tenantId }: DatabaseInScope,
): Promise<Temporal.Instant | undefined> {
  const { objects } = await agent(listBackups, { tenantId });
  // Ids are UUIDv7: they sort by time. What each claims is then read from the archive itself.
  const ids = [...new Set(objects.map(({ backupId }) => backupId))].sort().reverse();
  for (const backupId of ids.slice(0, maxOpened)) {
    const takenAt = await takenAtOf({ agent, signal }, tenantId, backupId);
    if (takenAt !== undefined) return takenAt;
  }
  return undefined;
}

const maxOpened = 5;

async function takenAtOf(
  { agent, signal }: Pick<ProbeContext, "agent" | "signal">,
  tenantId: DatabaseInScope["tenantId"],
  backupId: BackupId,
): Promise<Temporal.Instant | undefined> {
  try {
    const { takenAt } = await agent(describeBackup, { tenantId, backupId }, { signal });
    return Temporal.Instant.from(takenAt);
  } catch (error) {
    signal.throwIfAborted();
    // An archive that does not open is no backup; the next older one counts.
    if ((error as { code?: unknown }).code === "unavailable") throw error;
    return undefined;
  }
}
