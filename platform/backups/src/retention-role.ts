import { removeFromDirectoryVault, removeIncoming } from "./directory-vault.ts";
import type { VaultObjectName } from "./object-name.ts";
import type { VaultSpec } from "./open-vault.ts";
import { removeFromS3, removeUploads } from "./s3-retention.ts";
import { removeFromSftp, removeSftpIncoming } from "./sftp-retention.ts";

/** What became of an object that was to go. `locked`: the vault keeps it until then, whoever asks. */
export type Removal =
  | { readonly kind: "removed" }
  | { readonly kind: "absent" }
  | { readonly kind: "locked"; readonly untilMs: number };

/** How the retention role wants it. */
export interface RemovalOptions {
  /** Breaks a governance lock: for a copy that is damaged while another was just read whole. Never compliance. */
  readonly bypass?: boolean;
}

/**
 * Deletes one object. Belongs to the retention role, whose credential `spec` holds: nothing that takes or restores
 * backups has it. Idempotent.
 */
export async function removeObject(
  spec: VaultSpec,
  name: VaultObjectName,
  options: RemovalOptions = {},
): Promise<Removal> {
  switch (spec.kind) {
    case "directory":
      await removeFromDirectoryVault(spec, name);
      return { kind: "removed" };
    case "s3":
      return removeFromS3(spec, name, options);
    case "sftp":
      return removeFromSftp(spec, name);
  }
}

/** Removes what a job that was killed left of one object on its way in. No job may be writing it. */
export async function removeOnWayIn(spec: VaultSpec, name: VaultObjectName): Promise<void> {
  switch (spec.kind) {
    case "directory":
      return removeIncoming(spec, name);
    case "s3":
      return removeUploads(spec, name);
    case "sftp":
      return removeSftpIncoming(spec, name);
  }
}
