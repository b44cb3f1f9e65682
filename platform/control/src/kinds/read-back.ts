import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { verifyBackup } from "@holdfast/protocol/backup-methods";
import { controlActor } from "../actor.ts";
import { keepCopies } from "../backup-copies.ts";
import type { Step } from "../operations/step.ts";

/** What an operation on one backup is about. */
export interface OneBackup {
  readonly backupId: number;
  readonly key: BackupId;
  readonly tenantId: TenantId;
}

/** Reads each vault's copy, compares it with what was written, and writes down what it found. */
export const readBack: Step<OneBackup> = {
  name: "read it back from every vault",
  run: async ({ input, parts, signal, progress }) => {
    const { tenantId, key: backupId } = input;
    const [backup] = await parts.data
      .reading(controlActor)
      .of(Backup)
      .read([input.backupId], ["sha256", "taken_at", "origin"]);
    const written = backup?.sha256 ? { sha256: backup.sha256 } : {};
    const { copies } = await parts.agent(
      verifyBackup,
      {
        tenantId,
        backupId,
        ...written,
        ...(backup ? { takenAt: backup.taken_at.toString({ smallestUnit: "millisecond" }) } : {}),
        ...(backup?.origin === "imported" ? { imported: true } : {}),
      },
      { signal, onProgress: progress },
    );
    return { state: await keepCopies(parts, { backupId: input.backupId, copies }), copies };
  },
};
