import { type DirectoryVaultSpec, openDirectoryVault } from "./directory-vault.ts";
import type { Vault } from "./vault.ts";

/** What a job needs to know to open a vault; a new kind is a new member. */
export type VaultSpec = DirectoryVaultSpec;

/** The one place that knows all kinds. Opens nothing on disk or network by itself. Whoever opens one closes it. */
export function openVault(spec: VaultSpec): Vault {
  return openDirectoryVault(spec);
}
