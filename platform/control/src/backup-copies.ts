import type { DomainOf, Environment } from "@holdfast/framework/model/environment";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import type { CopyState } from "@holdfast/protocol/backup-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** Fewest intact copies with which a backup may be called stored; a copy that fails is shown beside it. */
const fewestCopies = 3;

/** What reading back says of a backup; see {@link keepCopies}. */
export type ReadState = "stored" | "partial" | "damaged";

/**
 * Writes down what reading back gave. A backup is *stored* when every copy was read and authenticated
 * and there are at least three; *partial* when what could be read is whole, but a vault lacks it or is away;
 * otherwise it is *damaged* (claim BAK-2). A vault that is away changes nothing of what was read before.
 */
export async function keepCopies(
  parts: Pick<Parts, "data">,
  { backupId, copies }: { readonly backupId: number; readonly copies: readonly CopyState[] },
): Promise<ReadState> {
  return parts.data.writing(controlActor, async (env) => {
    const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    const known = await env.of(BackupCopy).searchRead([["backup_id", "=", backupId]], ["vault", "state"]);
    const states = copies.map(({ vault, state }) => {
      const before = known.find((row) => row.vault === vault)?.state;
      return state === "away" && before === "stored" ? before : state;
    });
    const state = readStateOf(states);
    for (const copy of copies) {
      if (
        copy.state === "away" &&
        known.some(({ vault, state: was }) => vault === copy.vault && was === "stored")
      )
        continue;
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
    return state;
  });
}

function readStateOf(copies: readonly CopyState["state"][]): ReadState {
  const whole = copies.filter((state) => state === "stored").length;
  if (whole === copies.length && whole >= fewestCopies) return "stored";
  const readable = whole > 0 || copies.includes("away");
  return readable && !copies.includes("damaged") ? "partial" : "damaged";
}

/**
 * How old a database's newest stored backup is counts from the moment whose data it holds. An imported one holds
 * another's data, or what its zip says: it keeps no alarm quiet.
 */
async function noteNewest(env: Environment, backupId: number): Promise<void> {
  const [backup] = await env.of(Backup).read([backupId], ["database_id"]);
  if (!backup?.database_id) return;
  const stored: DomainOf<typeof Backup> = [
    ["database_id", "=", backup.database_id.id],
    ["state", "=", "stored"],
    ["origin", "!=", "imported"],
  ];
  const [newest] = await env
    .of(Backup)
    .searchRead(stored, ["taken_at"], { order: "taken_at desc", limit: 1 });
  await env.of(Database).write([backup.database_id.id], { last_stored_at: newest?.taken_at ?? null });
}
