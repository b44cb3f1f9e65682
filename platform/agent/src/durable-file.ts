import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SystemUser } from "./system-user.ts";

/**
 * Writes a file so that after a crash either the old or the new content is there, whole, and survives
 * a loss of power once this returns. The temporary name lies beside it and begins with a dot.
 *
 * @param owner - who gets it, while it is still open: in a folder of theirs its name may lead elsewhere by then.
 */
export function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode: number,
  owner?: Pick<SystemUser, "uid" | "gid">,
): void {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  const bytes = Buffer.from(content);
  rmSync(temporary, { force: true });
  const file = openSync(temporary, "wx", mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (owner && process.getuid?.() === 0) fchownSync(file, owner.uid, owner.gid);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Removes a file for good: the removal itself survives a crash. @returns whether it was there. */
export function removeDurably(path: string): boolean {
  try {
    rmSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  syncFolder(dirname(path));
  return true;
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
