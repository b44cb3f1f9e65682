import type { ArchiveHead, ArchiveTable } from "./archive.ts";
import { readBeginning } from "./archive-reader.ts";
import { fromIntactCopy } from "./intact-copy.ts";
import type { JobOptions } from "./progress.ts";
import type { RecordedTable } from "./recorded-shape.ts";
import { type BackupSource, type BadCopy, openArchive } from "./stored-backup.ts";
import type { Vault } from "./vault.ts";

export type Peeked =
  | {
      readonly kind: "peeked";
      readonly vault: string;
      readonly badCopies: readonly BadCopy[];
      readonly head: ArchiveHead;
      readonly tables: readonly ArchiveTable[];
      /** Null: its schema is none that our own backups write. */
      readonly shape: readonly RecordedTable[] | null;
    }
  | { readonly kind: "damaged"; readonly badCopies: readonly BadCopy[] };

/**
 * Reads only the beginning of a backup: that its key opens, of when and which apps it is, which tables it holds. Each
 * piece is authenticated, so what it says is what was written; whether the rest is whole, only a whole reading tells.
 *
 * Costs some kilobytes of one copy, whatever the backup's size.
 */
export async function peekBackup(
  input: { readonly source: BackupSource; readonly vaults: readonly Vault[] },
  options: JobOptions = {},
): Promise<Peeked> {
  const read = (vault: Vault) => readBeginning(openArchive(vault, input.source), input.source);
  const found = await fromIntactCopy(input.vaults, read, options);
  if (found.kind === "damaged") return found;
  return { kind: "peeked", vault: found.vault, badCopies: found.badCopies, ...found.value };
}
