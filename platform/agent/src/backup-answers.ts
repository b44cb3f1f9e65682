import type { ArchiveHead, Manifest } from "@holdfast/backups/archive";
import type { Copy } from "@holdfast/backups/fan-out";
import type { BadCopy } from "@holdfast/backups/stored-backup";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupHead, BackupSummary, CopyState } from "@holdfast/protocol/backup-methods";

/** What a manifest holds, in numbers. */
export function summaryOf(manifest: Manifest): BackupSummary {
  return {
    tables: manifest.tables.length,
    rows: manifest.totals.rows,
    files: manifest.files.count,
    fileBytes: manifest.files.bytes,
    rowBytes: manifest.totals.bytes - manifest.files.bytes,
  };
}

/** What control gave along when a backup was taken. */
export function headOf({ name, apps, codeVersion, customer, origin }: ArchiveHead): BackupHead {
  return {
    name,
    apps: [...apps],
    codeVersion,
    ...(customer === undefined ? {} : { customer }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** A copy that was read whole. */
export function stored(copy: { readonly vault: string; readonly bytes: number; readonly sha256: string }) {
  return { state: "stored" as const, vault: copy.vault, bytes: copy.bytes, sha256: copy.sha256 };
}

/** A copy that was not written, without what only the job knows. */
export function failure({ vault, reason, trouble }: Extract<Copy, { kind: "failed" }>) {
  return { vault, reason, ...(trouble === undefined ? {} : { trouble }) };
}

/** What became of each vault's copy of an object with this digest. */
export function writtenCopies(copies: readonly Copy[], sha256: string) {
  return {
    copies: copies.flatMap((copy) =>
      copy.kind === "written" ? [{ vault: copy.vault, bytes: copy.bytes, sha256 }] : [],
    ),
    failed: copies.flatMap((copy) => (copy.kind === "failed" ? [failure(copy)] : [])),
  };
}

/** A copy that its vault cannot read is damaged from its first byte on; a vault that denies or is gone says nothing of it. */
export function stateOf({ vault, kind, atByte, reason, trouble }: BadCopy): CopyState {
  if (kind === "missing") return { state: "missing", vault };
  if (trouble === "away" || trouble === "refused") return { state: "away", vault, reason };
  return { state: "damaged", vault, atByte: atByte ?? 0, reason };
}

/** The way back, for a sentence about it. */
export function asBadCopy(copy: CopyState): BadCopy {
  if (copy.state === "damaged")
    return { vault: copy.vault, kind: "damaged", atByte: copy.atByte, reason: copy.reason };
  return copy.state === "away"
    ? { vault: copy.vault, kind: "unreadable", reason: copy.reason }
    : { vault: copy.vault, kind: "missing", reason: copy.state };
}

/**
 * Every vault was tried; each place that is damaged is named. Worth trying again only when a vault could not be read:
 * what is damaged stays so.
 */
export function noIntactCopy(badCopies: readonly BadCopy[], hint = "restore another backup"): ExpectedError {
  const reasons = badCopies.map(placed).join("; ");
  const code = badCopies.some(({ kind }) => kind === "unreadable") ? "unavailable" : "invalid";
  return new ExpectedError(code, `no vault has an intact copy of this backup (${reasons})`, {
    hint,
  });
}

function placed({ vault, atByte, reason }: BadCopy): string {
  return `${vault}: ${atByte === undefined || /at byte \d/.test(reason) ? "" : `damaged at byte ${atByte}: `}${reason}`;
}
