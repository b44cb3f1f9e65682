import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { Step, StepContext } from "../operations/step.ts";
import { readBack } from "./read-back.ts";
import { discardBackup, type OneTake, writeBackup } from "./take-backup.ts";

/** Work on a live database that is backed up first. */
export interface Guarded extends Omit<OneTake, "backupId" | "key"> {
  /** Null: an operator wants none, since the live database is too damaged to be backed up. */
  readonly safetyBackupId: number | null;
  readonly safetyKey: BackupId;
}

const readSchema = z.object({ copies: z.array(z.object({ state: z.string() })) });

/**
 * Read back, not only written: what one may have to go back to must be whole. A vault that is away holds nothing up.
 */
export const safetyStep: Step<Guarded> = {
  name: "take a safety backup",
  run: async (context) => {
    const safety = safetyOf(context);
    if (safety === undefined) return { safetyBackup: null };
    const [backup] = await context.parts.data
      .reading(controlActor)
      .of(Backup)
      .read([safety.input.backupId], ["state"]);
    if (backup?.state !== "stored" && backup?.state !== "partial") {
      await writeBackup(safety);
      const { copies } = readSchema.parse(await readBack.run(safety));
      if (!copies.some(({ state }) => state === "stored") || copies.some(({ state }) => state === "damaged"))
        throw new ExpectedError("conflict", "the safety backup is not whole where it was written", {
          hint: "look at the vaults; the live database is untouched",
        });
    }
    return { safetyBackup: safety.input.key };
  },
  undo: discardSafety,
};

/**
 * The safety backup is written down when the work is asked for, so every step before its taking needs this as its
 * `undo` too: else a refusal leaves a backup that is being taken for ever.
 */
export async function discardSafety(context: StepContext<Guarded>): Promise<void> {
  const safety = safetyOf(context);
  if (safety !== undefined) await discardBackup(safety);
}

function safetyOf(context: StepContext<Guarded>) {
  const { safetyBackupId, safetyKey, ...input } = context.input;
  if (safetyBackupId === null) return undefined;
  return { ...context, input: { ...input, backupId: safetyBackupId, key: safetyKey } };
}
