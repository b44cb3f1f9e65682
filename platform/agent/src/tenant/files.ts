import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { besideFilesOf, type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import { giveTo, ourselves, type SystemUser } from "../system-user.ts";

const removing = ".removing-";

/** Makes a tenant's folder of encrypted objects, the service user's own. @returns whether it was missing. */
export function ensureFiles(folder: DataFolder, tenantId: TenantId, user: SystemUser): boolean {
  const path = filesOf(folder, tenantId);
  const missing = !existsSync(path);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  giveTo(user, path);
  return missing;
}

/**
 * Removes a tenant's objects; safe to run again after a crash. @returns whether there were any.
 * Taken from the service user first: deleting as root in a folder that another user still writes could
 * be led elsewhere by a link.
 */
export function removeFiles(folder: DataFolder, tenantId: TenantId): boolean {
  return removeFolder(folder, filesOf(folder, tenantId), tenantId);
}

/** An empty folder of the service user's for the files of a restore; what a former try left is removed. */
export function makeBesideFiles(folder: DataFolder, tenantId: TenantId, user: SystemUser): void {
  removeBesideFiles(folder, tenantId);
  const path = besideFilesOf(folder, tenantId);
  mkdirSync(path, { mode: 0o700 });
  giveTo(user, path);
}

/** Removes the files that a restore loaded aside. @returns whether there were any. */
export function removeBesideFiles(folder: DataFolder, tenantId: TenantId): boolean {
  return removeFolder(folder, besideFilesOf(folder, tenantId), `beside-${tenantId}`);
}

function removeFolder(folder: DataFolder, path: string, name: string): boolean {
  const doomed = join(folder.files, `${removing}${name}`);
  const present = existsSync(path) || existsSync(doomed);
  if (existsSync(doomed)) rmSync(doomed, { recursive: true });
  if (!existsSync(path)) return present;
  giveTo(ourselves(), path);
  chmodSync(path, 0o700);
  renameSync(path, doomed);
  rmSync(doomed, { recursive: true });
  return present;
}

/** Every folder of files, half-removed ones too. */
export function listFiles(
  folder: DataFolder,
): { readonly name: string; readonly tenantId: TenantId | null }[] {
  if (!existsSync(folder.files)) return [];
  return readdirSync(folder.files).map((name) => ({
    name,
    tenantId: parseId<"tenant">(name.replace(/^\.(removing-)?(beside-)?/, "")) ?? null,
  }));
}
