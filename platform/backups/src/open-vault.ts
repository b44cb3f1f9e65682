import { type DirectoryVaultSpec, openDirectoryVault } from "./directory-vault.ts";
import { paced } from "./paced.ts";
import type { Patience } from "./patience.ts";
import type { S3VaultSpec } from "./s3-connection.ts";
import { openS3Vault } from "./s3-vault.ts";
import type { SftpVaultSpec } from "./sftp-connection.ts";
import { openSftpVault } from "./sftp-vault.ts";
import type { Vault } from "./vault.ts";

/** What a job needs to know to open a vault; a new kind is a new member. */
export type VaultSpec = DirectoryVaultSpec | S3VaultSpec | SftpVaultSpec;

/**
 * The one place that knows all kinds. Opens nothing on disk or network by itself, and loads the libraries of S3 and
 * SFTP with the first request only. Whoever opens one closes it. A limit of its rate holds for what is put.
 *
 * @param patience - with a vault over a network; default: production's.
 */
export function openVault(spec: VaultSpec, patience?: Patience): Vault {
  const vault = ofKind(spec, patience);
  const { bytesPerSecond } = spec;
  if (bytesPerSecond === undefined) return vault;
  return {
    ...vault,
    put: (name, content, options = {}) =>
      vault.put(name, paced(content, bytesPerSecond, options.signal), options),
  };
}

function ofKind(spec: VaultSpec, patience?: Patience): Vault {
  switch (spec.kind) {
    case "directory":
      return openDirectoryVault(spec);
    case "s3":
      return openS3Vault(spec, patience);
    case "sftp":
      return openSftpVault(spec, patience);
  }
}
