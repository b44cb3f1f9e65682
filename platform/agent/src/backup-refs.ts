import type { SignedManifest } from "@holdfast/backups/manifest";
import type { TenantId } from "@holdfast/kernel/id";
import type { BackupRef } from "./backup-jobs.ts";
import type { Slot } from "./tenant-names.ts";

/** A backup, and which bytes of its zip. */
export interface ExportRef extends BackupRef {
  readonly signed?: SignedManifest | undefined;
  readonly fromByte: number;
  readonly toByte: number | null;
}

/** A backup and the database that it is loaded into, or compared with. */
export interface LoadRef extends BackupRef {
  readonly targetTenantId: TenantId;
  readonly slot?: Slot | undefined;
}
