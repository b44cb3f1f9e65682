import { Backup } from "@holdfast/panel/backup";
import { Operation } from "@holdfast/panel/operation";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** What must stay free beside a restore, so that the live databases of the host go on. */
export const spareBytes: number = 512 * 2 ** 20;
/** What rows take in a database over their text: headers, indexes, alignment. Measured 1.4 to 2.2 on business data. */
const databaseFactor = 2.5;
/** The largest of these, by what they have sealed, need the most room by far. */
const looked = 20;
const restoring = ["backup.restore", "backup.restore_over", "backup.look_at_parts", "backup.prove"];

/** What a restore takes beside the live database. Bytes. */
export function restoreNeeds(summary: { readonly rowBytes: number; readonly fileBytes: number }): {
  readonly database: number;
  readonly files: number;
} {
  return { database: Math.ceil(summary.rowBytes * databaseFactor), files: summary.fileBytes };
}

/**
 * What has to stay free so that the largest backup can be restored, beside as many restores as run now: each may have
 * all of its room before it yet. Two reads of few rows.
 */
export async function roomForRestores({ data }: Pick<Parts, "data">): Promise<number> {
  const env = data.reading(controlActor);
  const largest = await env.of(Backup).searchRead([["state", "in", ["stored", "partial"]]], ["summary"], {
    order: "bytes desc",
    limit: looked,
  });
  const running = await env.of(Operation).count([
    ["kind", "in", restoring],
    ["ended_at", "=", false],
  ]);
  const needs = largest.map(({ summary }) => {
    const known = backupSummarySchema.safeParse(summary);
    if (!known.success) return 0;
    const { rowBytes = 0, fileBytes } = known.data;
    const { database, files } = restoreNeeds({ rowBytes, fileBytes });
    return database + files;
  });
  return spareBytes + Math.max(0, ...needs) * (1 + running);
}
