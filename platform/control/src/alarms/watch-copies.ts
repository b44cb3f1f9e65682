import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { controlActor } from "../actor.ts";
import { type Condition, spanOf, type Watcher, type WatchParts } from "./condition.ts";
import { liveDatabases } from "./live-databases.ts";

const maxCopies = 100_000;

/** Copies that were damaged, missing or away when they were last read back, told once for each database. */
export const watchCopies: Watcher = {
  name: "copies",
  codes: ["copy.bad"],
  look: async (parts) => {
    const bad = await badCopies(parts);
    const databases = await liveDatabases(parts);
    return databases.flatMap((database): Condition[] => {
      const copies = bad.filter(({ databaseId }) => databaseId === database.id);
      if (copies.length === 0) return [];
      const vaults = [...new Set(copies.map(({ vault }) => vault))].sort();
      const backups = new Set(copies.map(({ backupId }) => backupId)).size;
      const sinceMs = Math.min(...copies.map((copy) => copy.sinceMs));
      return [
        {
          code: "copy.bad",
          subject: database.name,
          severity: "warning",
          sentence: `${copies.length} copies of ${backups} backups of ${database.name} are damaged, missing or away (${vaults.join(", ")}), for ${spanOf(parts.clock.now() - sinceMs)}`,
          hint: `bin/holdfast backup heal ${database.name}`,
          sinceMs,
          databaseId: database.id,
          customerId: database.customer_id.id,
        },
      ];
    });
  },
};

interface BadCopy {
  readonly databaseId: number;
  readonly backupId: number;
  readonly vault: string;
  readonly sinceMs: number;
}

async function badCopies({ data, clock }: WatchParts): Promise<BadCopy[]> {
  const env = data.reading(controlActor);
  const copies = await env
    .of(BackupCopy)
    .searchRead([["state", "in", ["damaged", "missing", "away"]]], ["backup_id", "vault", "read_back_at"], {
      limit: maxCopies,
    });
  const backups = await env
    .of(Backup)
    .read([...new Set(copies.map(({ backup_id }) => backup_id.id))], ["database_id"]);
  const databaseOf = new Map(backups.map(({ id, database_id }) => [id, database_id?.id]));
  return copies.flatMap(({ backup_id, vault, read_back_at }) => {
    const databaseId = databaseOf.get(backup_id.id);
    const sinceMs = read_back_at?.epochMilliseconds ?? clock.now();
    return databaseId === undefined ? [] : [{ databaseId, backupId: backup_id.id, vault, sinceMs }];
  });
}
