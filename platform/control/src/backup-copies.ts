import { Backup, BackupCopy } from "@holdfast/panel/backup";
import type { CopyState } from "@holdfast/protocol/backup-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** Fewest intact copies with which a backup may be called stored; a copy that fails is shown beside it. */
const fewestCopies = 3;

/**
 * Writes down what reading back gave. A backup is *stored* when every copy was read and authenticated
 * and there are at least three; otherwise it is *damaged* (claim BAK-2).
 */
export async function keepCopies(
  parts: Parts,
  { backupId, copies }: { readonly backupId: number; readonly copies: readonly CopyState[] },
): Promise<"stored" | "damaged"> {
  const whole = copies.filter((copy) => copy.state === "stored").length;
  const state = whole === copies.length && whole >= fewestCopies ? "stored" : "damaged";
  await parts.data.writing(controlActor, async (env) => {
    const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    const known = await env.of(BackupCopy).searchRead([["backup_id", "=", backupId]], ["vault"]);
    for (const copy of copies) {
      const values = {
        state: copy.state,
        read_back_at: now,
        damaged_at_byte: copy.state === "damaged" ? String(copy.atByte) : null,
        ...(copy.state === "stored" ? { bytes: String(copy.bytes), sha256: copy.sha256 } : {}),
      };
      const row = known.find(({ vault }) => vault === copy.vault);
      if (row) await env.of(BackupCopy).write([row.id], values);
      else await env.of(BackupCopy).create([{ backup_id: backupId, vault: copy.vault, ...values }]);
    }
    await env.of(Backup).write([backupId], { state, ...(state === "stored" ? { stored_at: now } : {}) });
  });
  return state;
}
