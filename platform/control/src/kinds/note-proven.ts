import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** Writes down that a backup was restored and compared, equal in every row and file: *proven*. */
export async function noteProven(parts: Parts, backupId: number): Promise<void> {
  await parts.data.writing(controlActor, async (env) => {
    const proven = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    await env.of(Backup).write([backupId], { proven_at: proven });
    const [backup] = await env.of(Backup).read([backupId], ["database_id"]);
    if (backup?.database_id)
      await env.of(Database).write([backup.database_id.id], { last_proven_at: proven });
  });
}
