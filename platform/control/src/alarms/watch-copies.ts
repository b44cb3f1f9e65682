import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { controlActor } from "../actor.ts";
import { type Condition, spanOf, type Watcher, type WatchParts } from "./condition.ts";
import { liveDatabases } from "./live-databases.ts";

const maxCopies = 100_000;
const minuteMs = 60_000;

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
          sentence: sentenceOf(
            database.name,
            { copies: copies.length, backups, vaults },
            parts.clock.now() - sinceMs,
          ),
          hint: `bin/holdfast backup heal ${database.name}`,
          sinceMs,
          databaseId: database.id,
          customerId: database.customer_id.id,
        },
      ];
    });
  },
};

function sentenceOf(
  name: string,
  bad: { readonly copies: number; readonly backups: number; readonly vaults: readonly string[] },
  forMs: number,
): string {
  const copies = bad.copies === 1 ? "1 copy" : `${bad.copies} copies`;
  const backups = bad.backups === 1 ? "a backup" : `${bad.backups} backups`;
  const since = forMs < minuteMs ? "" : `, for ${spanOf(forMs)}`;
  return `${copies} of ${backups} of ${name} ${bad.copies === 1 ? "is" : "are"} damaged, missing or away (${bad.vaults.join(", ")})${since}`;
}

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
