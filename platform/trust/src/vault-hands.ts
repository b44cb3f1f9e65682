import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";

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
  /** Changes one byte in the middle of every object of a tenant, in every vault. @returns how to change them back. */
  flipAll(tenantId: TenantId): () => void;
  /** Puts something else in the place of a vault's copy. @returns how to put it back. */
  replace(
    vault: string,
    copy: { readonly tenantId: TenantId; readonly backupId: string; readonly content: Buffer },
  ): () => void;
  /** Lays a file into a tenant's file store as it is. @returns how to take it out. */
  layFile(tenantId: TenantId, file: { readonly sha256: string; readonly content: Buffer }): () => void;
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
    flipAll: (tenantId) => {
      const paths = globSync(`*/store/${tenantId}/*.hfb`, { cwd: folder.vaults }).map((path) =>
        join(folder.vaults, path),
      );
      for (const path of paths) invertMiddle(path);
      return () => paths.map(invertMiddle);
    },
    replace: (vault, { tenantId, backupId, content }) => {
      const path = pathOf(vault, tenantId, backupId);
      renameSync(path, `${path}.hidden`);
      writeFileSync(path, content, { mode: 0o444 });
      return () => {
        rmSync(path, { force: true });
        renameSync(`${path}.hidden`, path);
      };
    },
    layFile: (tenantId, { sha256, content }) => {
      const prefix = join(filesOf(folder, tenantId), sha256.slice(0, 2));
      mkdirSync(prefix, { recursive: true });
      chmodSync(prefix, 0o755);
      writeFileSync(join(prefix, sha256), content, { mode: 0o644 });
      return () => rmSync(join(prefix, sha256), { force: true });
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
