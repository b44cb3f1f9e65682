import { lstatSync } from "node:fs";
import { basename, dirname, isAbsolute, normalize } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { scratchPrefix } from "./source-copy.ts";

const root = 0;
const writableByOthers = 0o022;
/** In a sticky folder nobody renames or removes what is another's. */
const sticky = 0o1000;

/**
 * A path that names a saboteur's copy of the sources, whose gates are about to be run. It lies in the temporary folder of
 * whoever made it, which need not be ours: what counts is that nobody else can write into it or put another in its
 * place.
 *
 * @throws ExpectedError `invalid` for anything else: a folder of another name, of a user who is neither root nor us,
 *   one that others may write into, or one below a folder where others may exchange it.
 */
export function scratchSources(path: string): string {
  const isNamed = isAbsolute(path) && normalize(path) === path && basename(path).startsWith(scratchPrefix);
  if (isNamed && isClosed(path, 0) && foldersAbove(path).every((folder) => isClosed(folder, sticky)))
    return path;
  throw new ExpectedError("invalid", "a saboteur is judged on its own copy of the sources alone");
}

/** @param spared - bits of the mode that make up for being writable by others. */
function isClosed(path: string, spared: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const ours = found?.uid === root || found?.uid === process.getuid?.();
  if (!found?.isDirectory() || !ours) return false;
  return (found.mode & writableByOthers) === 0 || (found.mode & spared) !== 0;
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}
