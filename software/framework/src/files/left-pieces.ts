import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** What a content is called in its folder while it comes in. */
export const incomingPrefix = ".incoming-";
/** Whoever sends no byte for a minute is cut off: what has not been written to for so long belongs to nobody. */
const deadMs = 3_600_000;

/**
 * Removes the pieces of files that a killed server had not stored. Other workers may be at work in the same folder.
 *
 * @returns how many. A folder that is not there has none.
 */
export async function removeLeftPieces(folder: string, nowMs: number): Promise<number> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  let removed = 0;
  for (const name of names) {
    if (!name.startsWith(incomingPrefix)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isFile() || nowMs - found.mtimeMs < deadMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
