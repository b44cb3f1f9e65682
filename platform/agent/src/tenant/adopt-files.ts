import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { parseId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { SystemUser, Users } from "../system-user.ts";
import { filesMode, shareWith } from "./files.ts";

const fileMode = 0o640;
/** What lies in the way of nothing and is not followed: named in the log, this many for one folder. */
const maxNamed = 20;
/** A customer's folder holds folders of files, and no deeper ones. */
const deepest = 1;

/**
 * Gives the files of customers to the server's user, where an older version kept them as the service user's. From the
 * outside in each folder is first taken away from everybody, so that nothing in it can be exchanged while root works in
 * it; the outermost is handed over last, which is the mark that it is done. A plain file of one of our users with one
 * name is handed over; a link, a pipe or another's file, which only an intruder can have laid there, is left as it is.
 *
 * @returns how many folders of customers were handed over. Without root there is only one user and nothing to do.
 * Killed anywhere, the next start goes on. About 20 s for a million files, once.
 */
export function adoptFiles(folder: DataFolder, users: Users, log: Log): number {
  if (process.getuid?.() !== 0 || !existsSync(folder.files)) return 0;
  const due = readdirSync(folder.files).flatMap((name) => dueOf(join(folder.files, name), name, users));
  for (const { path, owner } of due) {
    const left: string[] = [];
    handOver(path, { owner, users, depth: 0, left });
    if (left.length > 0)
      log("error", "files that are not ours stay as they are", { path, left: left.slice(0, maxNamed) });
  }
  if (due.length > 0) log("info", "files were handed over to the server's user", { folders: due.length });
  return due.length;
}

interface Due {
  readonly path: string;
  readonly owner: Pick<SystemUser, "uid" | "gid">;
}

function dueOf(path: string, name: string, { service, server }: Users): Due[] {
  const isBeside = name.startsWith(".beside-");
  if (parseId<"tenant">(name.replace(/^\.beside-/, "")) === undefined) return [];
  const owner = { uid: isBeside ? service.uid : server.uid, gid: server.gid };
  const { uid, gid, mode } = lstatSync(path);
  const isDone = uid === owner.uid && gid === owner.gid && (mode & 0o7777) === filesMode;
  return isDone || !lstatSync(path).isDirectory() ? [] : [{ path, owner }];
}

interface Handing {
  readonly owner: Pick<SystemUser, "uid" | "gid">;
  readonly users: Users;
  readonly depth: number;
  readonly left: string[];
}

/** What holds this folder was closed to everybody before, so that its name leads to what was looked at. */
function handOver(path: string, handing: Handing): void {
  const { owner, depth, left } = handing;
  lchownSync(path, 0, 0);
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    // Left by a server that died while it stored a file: the finished one may be a second name of it.
    if (entry.isFile() && entry.name.startsWith(".incoming-")) rmSync(inner);
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory() && depth < deepest) handOver(inner, { ...handing, depth: depth + 1 });
    else if (!entry.isFile() || !handOverFile(inner, handing)) left.push(inner);
  }
  shareWith(owner, path);
}

/** By what was opened, never by name. @returns false for what is not a plain file of ours with one name. */
function handOverFile(path: string, { owner, users }: Handing): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    const isOurs = [users.service.uid, users.server.uid, 0].includes(found.uid);
    if (!found.isFile() || found.nlink !== 1 || !isOurs) return false;
    fchownSync(file, owner.uid, owner.gid);
    fchmodSync(file, fileMode);
    return true;
  } finally {
    closeSync(file);
  }
}
