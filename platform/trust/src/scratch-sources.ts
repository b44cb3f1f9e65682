import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { scratchPrefix } from "./source-copy.ts";

const root = 0;
const writableByOthers = 0o022;

/**
 * A path that names a saboteur's copy of the sources, whose gates are about to be run.
 *
 * @throws ExpectedError `invalid` for anything else: a folder of another name, of a user who is neither root nor us,
 *   or one that others may write into.
 */
export function scratchSources(path: string): string {
  const place = dirname(path) === tmpdir() && basename(path).startsWith(scratchPrefix);
  const found = place ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  const ours = found?.uid === root || found?.uid === process.getuid?.();
  if (found?.isDirectory() && ours && (found.mode & writableByOthers) === 0) return path;
  throw new ExpectedError("invalid", "a saboteur is judged on its own copy of the sources alone");
}
