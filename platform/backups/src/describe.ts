import type { Manifest } from "./archive.ts";
import { type ArchiveVisitor, readArchive } from "./archive-reader.ts";
import { fromIntactCopy } from "./intact-copy.ts";
import type { SignedManifest } from "./manifest.ts";
import type { JobOptions } from "./progress.ts";
import { type BackupSource, type BadCopy, openArchive } from "./stored-backup.ts";
import type { Vault } from "./vault.ts";

export type Described =
  | {
      readonly kind: "described";
      readonly vault: string;
      readonly badCopies: readonly BadCopy[];
      readonly manifest: Manifest;
      readonly signed: SignedManifest;
    }
  | { readonly kind: "damaged"; readonly badCopies: readonly BadCopy[] };

/**
 * Reads one whole copy and checks all digests in it, but loads it nowhere: what is in the backup, for the preparation of a
 * restore and for a catalog that is rebuilt from the vaults. Costs as much reading as a load.
 *
 * @throws ExpectedError when the archive breaks the format.
 */
export async function describeBackup(
  input: { readonly source: BackupSource; readonly vaults: readonly Vault[] },
  options: JobOptions = {},
): Promise<Described> {
  const read = (vault: Vault) =>
    readArchive(openArchive(vault, input.source), input.source, onlyReads(options));
  const found = await fromIntactCopy(input.vaults, read, options);
  if (found.kind === "damaged") return found;
  return { kind: "described", vault: found.vault, badCopies: found.badCopies, ...found.value };
}

function onlyReads({ signal, onProgress }: JobOptions): ArchiveVisitor {
  let tables = 0;
  let total = 0;
  return {
    async tables(listed) {
      total = listed.length;
    },
    async rows(_table, copy) {
      for await (const _chunk of copy) signal?.throwIfAborted();
      onProgress?.({ step: "reading rows", done: ++tables, total, unit: "tables" });
      return undefined;
    },
    async file(_sha256, content) {
      for await (const _chunk of content) signal?.throwIfAborted();
    },
  };
}
