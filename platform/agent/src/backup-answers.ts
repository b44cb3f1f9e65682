import type { Manifest } from "@holdfast/backups/archive";
import type { BadCopy } from "@holdfast/backups/stored-backup";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupSummary, CopyState } from "@holdfast/protocol/backup-methods";

/** What a manifest holds, in numbers. */
export function summaryOf(manifest: Manifest): BackupSummary {
  return {
    tables: manifest.tables.length,
    rows: manifest.totals.rows,
    files: manifest.files.count,
    fileBytes: manifest.files.bytes,
  };
}

/** A copy that was read whole. */
export function stored(copy: { readonly vault: string; readonly bytes: number; readonly sha256: string }) {
  return { state: "stored" as const, vault: copy.vault, bytes: copy.bytes, sha256: copy.sha256 };
}

/** A copy that cannot be read is damaged from its first byte on. */
export function stateOf({ vault, kind, atByte, reason }: BadCopy) {
  return kind === "missing"
    ? { state: kind, vault }
    : { state: "damaged" as const, vault, atByte: atByte ?? 0, reason };
}

/** The way back, for a sentence about it. */
export function asBadCopy(copy: CopyState): BadCopy {
  return copy.state === "damaged"
    ? { vault: copy.vault, kind: "damaged", atByte: copy.atByte, reason: copy.reason }
    : { vault: copy.vault, kind: "missing", reason: copy.state };
}

/** Every vault was tried. */
export function noIntactCopy(badCopies: readonly BadCopy[], hint = "restore another backup"): ExpectedError {
  const reasons = badCopies.map(({ vault, reason }) => `${vault}: ${reason}`).join("; ");
  return new ExpectedError("unavailable", `no vault has an intact copy of this backup (${reasons})`, {
    hint,
  });
}
