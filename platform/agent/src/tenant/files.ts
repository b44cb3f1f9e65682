import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { besideFilesOf, type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import { giveTo, ourselves, type SystemUser, type Users } from "../system-user.ts";

const removing = ".removing-";

/** Its group may do all, and what is made in it has its group: the server and backup jobs both work in it. */
export const filesMode = 0o2770;

/** Makes a tenant's folder of encrypted objects, the server's own. @returns whether it was missing. */
export function ensureFiles(folder: DataFolder, tenantId: TenantId, { server }: Users): boolean {
  const path = filesOf(folder, tenantId);
  const missing = !existsSync(path);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  shareWith(server, path);
  return missing;
}

/** Gives a folder for files to its owner and to the server's group; without root it is ours, and closed to others. */
export function shareWith({ uid, gid }: Pick<SystemUser, "uid" | "gid">, path: string): void {
  giveTo({ uid, gid }, path);
  if (process.getuid?.() === 0) chmodSync(path, filesMode);
}

/**
 * Removes a tenant's objects; safe to run again after a crash. @returns whether there were any.
 * Taken from its owner first: deleting as root in a folder that another user still writes could
 * be led elsewhere by a link.
 */
export function removeFiles(folder: DataFolder, tenantId: TenantId): boolean {
  return removeFolder(folder, filesOf(folder, tenantId), tenantId);
}

/** An empty folder of the service user's for the files of a restore; what a former try left is removed. */
export function makeBesideFiles(folder: DataFolder, tenantId: TenantId, { service, server }: Users): void {
  removeBesideFiles(folder, tenantId);
  const path = besideFilesOf(folder, tenantId);
  mkdirSync(path, { mode: 0o700 });
  shareWith({ uid: service.uid, gid: server.gid }, path);
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
