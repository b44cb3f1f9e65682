import type { Domain, Environment } from "@holdfast/framework/model/environment";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
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
    await noteNewest(env, backupId);
  });
  return state;
}

/** How old a database's newest stored backup is counts from the moment whose data it holds. */
async function noteNewest(env: Environment, backupId: number): Promise<void> {
  const [backup] = await env.of(Backup).read([backupId], ["database_id"]);
  if (!backup?.database_id) return;
  const stored: Domain = [
    ["database_id", "=", backup.database_id.id],
    ["state", "=", "stored"],
  ];
  const [newest] = await env
    .of(Backup)
    .searchRead(stored, ["taken_at"], { order: "taken_at desc", limit: 1 });
  await env.of(Database).write([backup.database_id.id], { last_stored_at: newest?.taken_at ?? null });
}
