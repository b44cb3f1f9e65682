import { existsSync, readdirSync, realpathSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";

/** A unix socket's path has at most 107 bytes; the longest of ours adds this to the folder. Source: unix(7). */
const longestSocket = "/run/pg-control/.s.PGSQL.65535".length;
const longestPath = 107 - longestSocket;
const systemFolder = "/var/lib/holdfast";
const neededBytes = 1_000_000_000;

/** The checkout (or copy of it) that this file is part of. */
export const codeRoot = resolve(import.meta.dirname, "../../../..");

/** The pinned Node of a checkout or copy: every part runs on it, so it must be as readable as the code. */
export function nodeOf(root: string): string {
  return join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
}

/** Where the data live unless told otherwise: a system folder for root, `var/` in the checkout for others. */
export function place(given: string | undefined, asRoot: boolean): DataFolder {
  const root = withoutLinks(resolve(given ?? (asRoot ? systemFolder : join(codeRoot, "var"))));
  if (Buffer.byteLength(root) > longestPath)
    throw new ExpectedError(
      "bad_request",
      `the data folder's path has ${Buffer.byteLength(root)} bytes, at most ${longestPath} fit a socket`,
      {
        hint: "choose a shorter one with --data",
      },
    );
  return dataFolder(root);
}

/** Processes are told by the folder they work in, and the system names that one without symbolic links. */
function withoutLinks(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(withoutLinks(dirname(path)), basename(path));
}

/** Where an installation is: as {@link place}, but for an ordinary user without one of their own that of root. */
export function installedPlace(given: string | undefined, asRoot: boolean): DataFolder {
  const own = place(given, asRoot);
  const system = dataFolder(systemFolder);
  return given === undefined && !installed(own) && installed(system) ? system : own;
}

/** Whether an installation was set up there. */
export function installed(folder: DataFolder): boolean {
  return existsSync(folder.config);
}

/** @throws ExpectedError `access_denied` when another user set it up: mixed owners would lock both out. */
export function refuseOtherOwner(folder: DataFolder): void {
  if (!installed(folder)) return;
  const owner = statSync(folder.config).uid;
  if (owner !== process.getuid?.())
    throw new ExpectedError("access_denied", `${folder.root} belongs to the user with the id ${owner}`, {
      hint: "run this as that user, or choose another folder with --data",
    });
}

/** @throws ExpectedError `conflict` when the folder holds something that is not ours. */
export function refuseForeign(folder: DataFolder): void {
  if (installed(folder) || !existsSync(folder.root)) return;
  const known = new Set([
    "code",
    "code.new",
    ...Object.values(folder).map((path) => path.slice(folder.root.length + 1).split("/")[0]),
  ]);
  const foreign = readdirSync(folder.root).filter(
    (name) => !known.has(name) && !name.startsWith(".config.json"),
  );
  if (foreign.length > 0)
    throw new ExpectedError(
      "conflict",
      `${folder.root} holds something else: ${foreign.slice(0, 5).join(", ")}`,
      {
        hint: "choose an empty or new folder with --data",
      },
    );
}

/** @throws ExpectedError `unavailable` when the disk is nearly full: PostgreSQL would stop in the middle. */
export function refuseFullDisk(folder: DataFolder): void {
  let path = folder.root;
  while (!existsSync(path)) path = dirname(path);
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize < neededBytes)
    throw new ExpectedError(
      "unavailable",
      `the disk of ${path} has ${Math.floor((bavail * bsize) / 1e6)} MB free, at least ${neededBytes / 1e6} MB are needed`,
      {
        hint: "free some space, or choose another disk with --data",
      },
    );
}
