import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { DataFolder } from "@holdfast/protocol/data-folder";

/** What an intruder in a data center could do to stored backups. */
export interface VaultHands {
  /** Names of the vaults that have a copy. */
  holding(tenantId: TenantId, backupId: string): string[];
  /** Changes one byte in the middle of a vault's copy. @returns how to change it back. */
  flipByte(vault: string, tenantId: TenantId, backupId: string): () => void;
  /** Takes a vault's copy away. @returns how to put it back. */
  hide(vault: string, tenantId: TenantId, backupId: string): () => void;
  /** Takes all of a tenant's backups out of every vault. @returns how to put them back. */
  hideAll(tenantId: TenantId): () => void;
}

/** Reaches into the folders that stand for vaults on this machine. */
export function vaultHands(folder: DataFolder): VaultHands {
  const pathOf = (vault: string, tenantId: TenantId, backupId: string): string => {
    const path = join(folder.vaults, vault, "store", tenantId, `${backupId}.hfb`);
    if (!existsSync(path))
      throw new ExpectedError(
        "not_found",
        `vault "${vault}" has no copy of the scratch backup, so none can be damaged`,
      );
    return path;
  };
  return {
    holding: (tenantId, backupId) =>
      readdirSync(folder.vaults).filter((vault) =>
        existsSync(join(folder.vaults, vault, "store", tenantId, `${backupId}.hfb`)),
      ),
    flipByte: (vault, tenantId, backupId) => {
      const path = pathOf(vault, tenantId, backupId);
      invertMiddle(path);
      return () => invertMiddle(path);
    },
    hide: (vault, tenantId, backupId) => {
      const path = pathOf(vault, tenantId, backupId);
      renameSync(path, `${path}.hidden`);
      return () => renameSync(`${path}.hidden`, path);
    },
    hideAll: (tenantId) => {
      const folders = readdirSync(folder.vaults)
        .map((vault) => join(folder.vaults, vault, "store", tenantId))
        .filter((path) => existsSync(path));
      if (folders.length === 0)
        throw new ExpectedError("not_found", "no vault has a backup of the scratch database to take away");
      for (const path of folders) renameSync(path, `${path}.hidden`);
      return () => {
        for (const path of folders) renameSync(`${path}.hidden`, path);
      };
    },
  };
}

/** Twice gives the first content again. */
function invertMiddle(path: string): void {
  const { size, mode } = statSync(path);
  // Stored copies are read-only, also for us where we are not root.
  chmodSync(path, 0o600);
  const file = openSync(path, "r+");
  try {
    const byte = Buffer.alloc(1);
    const at = Math.floor(size / 2);
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0xff;
    writeSync(file, byte, 0, 1, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
    chmodSync(path, mode & 0o777);
  }
}
