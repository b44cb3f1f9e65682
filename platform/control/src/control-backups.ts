import { controlBackupsToKeep } from "@holdfast/backups/kept-backups";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { controlApps } from "@holdfast/panel/catalog";
import { listBackups, removeBackup, takeBackup, verifyBackup } from "@holdfast/protocol/backup-methods";
import { auditCatalog, strikeBackup } from "@holdfast/protocol/vault-methods";
import { noteRound } from "./alarms/rounds.ts";
import type { Parts } from "./parts.ts";
import { codeVersion } from "./version.ts";

const hourMs = 3_600_000;
const everyMs = hourMs / 4;
/** What these backups are called in their manifests; no customer may be called so. */
const controlName = "control";

type ControlBackupParts = Pick<Parts, "agent" | "catalog" | "clock" | "random" | "log" | "data">;

/**
 * Takes one backup of the control database into every vault, reads it back, enters it into the signed catalog, and
 * deletes what is older than its use. What these backups are is known from the vaults alone: a list in the database that
 * they are of would be lost with it. So what a process that died left is cleared by the next one.
 *
 * @returns whether every vault holds it whole. Keys are in no backup of it: they never were in that database.
 */
export async function backUpControl(parts: ControlBackupParts, tenantId: TenantId): Promise<boolean> {
  const nowMs = parts.clock.now();
  const backupId = newId<"backup">(nowMs, parts.random.bytes(10));
  const head = { name: controlName, apps: parts.catalog.versions(controlApps), codeVersion };
  const { sha256 } = await parts.agent(takeBackup, { tenantId, backupId, head });
  const takenAt = new Date(nowMs).toISOString();
  const { copies } = await parts.agent(verifyBackup, { tenantId, backupId, sha256, takenAt });
  const missing = copies.filter(({ state }) => state !== "stored").map(({ vault }) => vault);
  if (missing.length > 0)
    parts.log("error", "the control database's backup is not in every vault", { missing });
  await clear(parts, tenantId);
  return missing.length === 0;
}

async function clear({ agent, clock }: ControlBackupParts, tenantId: TenantId): Promise<void> {
  const { catalogs } = await agent(auditCatalog, { tenantId });
  const listed = new Map(
    catalogs.flatMap(({ backups }) => backups.map((entry) => [entry.backupId, entry] as const)),
  );
  const kept = controlBackupsToKeep(
    [...listed.values()].map(({ takenAt }) => Date.parse(takenAt)),
    clock.now(),
  );
  for (const { backupId, takenAt } of listed.values()) {
    if (kept.has(Date.parse(takenAt))) continue;
    const { failed } = await agent(strikeBackup, { tenantId, backupId });
    if (failed.length === 0) await agent(removeBackup, { tenantId, backupId });
  }
  const { objects } = await agent(listBackups, { tenantId });
  const left = new Set(objects.map(({ backupId }) => backupId).filter((backupId) => !listed.has(backupId)));
  for (const backupId of left) await agent(removeBackup, { tenantId, backupId });
}

/** Every 15 minutes until the returned function is called; one at a time. A round that stays away is an alarm. */
export function startControlBackups(parts: ControlBackupParts, tenantId: TenantId): () => void {
  let isBusy = false;
  const round = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      if (await backUpControl(parts, tenantId))
        await noteRound(parts.data, "back up the control database", everyMs / 1_000);
    } catch (error) {
      parts.log("error", "the control database could not be backed up", { error });
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void round(), everyMs);
  return () => clearInterval(timer);
}
