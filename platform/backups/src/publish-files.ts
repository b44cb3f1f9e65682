import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { JobOptions } from "./progress.ts";
import { withinPrefix } from "./within-prefix.ts";

/**
 * Moves every file object of one folder into another, each whole or not at all. An object is named by the digest of
 * its content and sealed under the same key in both, so the one that is there already is replaced by its like: a
 * damaged one is healed by it. Safe to run again; a folder that is gone has none.
 *
 * @returns how many were moved.
 */
export async function publishFiles(
  { from, to }: { readonly from: string; readonly to: string },
  { onProgress }: JobOptions = {},
): Promise<number> {
  let moved = 0;
  for (const prefix of await namesIn(from, /^[0-9a-f]{2}$/)) {
    await withinPrefix(to, prefix, async (place) => {
      for (const name of await namesIn(join(from, prefix), /^[0-9a-f]{64}$/)) {
        await rename(join(from, prefix, name), join(place, name));
        onProgress?.({ step: "putting files in place", done: ++moved, total: null, unit: "files" });
      }
    });
  }
  return moved;
}

async function namesIn(path: string, shape: RegExp): Promise<string[]> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => shape.test(name)).sort();
}
