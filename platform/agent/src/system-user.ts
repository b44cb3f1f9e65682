import { execFileSync } from "node:child_process";
import { lchownSync } from "node:fs";
import { userInfo } from "node:os";
import { ExpectedError } from "@holdfast/kernel/errors";

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Groups besides its own. */
  readonly groups?: readonly number[];
}

/** Who runs what of an installation; without root, and in some tests, both are one. */
export interface Users {
  /** Control, backup jobs, outbox. */
  readonly service: SystemUser;
  /** The process that faces the internet; the customers' files are its. */
  readonly server: SystemUser;
}

/** Whoever runs this process. */
export function ourselves(): SystemUser {
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid };
}

/** @throws ExpectedError `not_found` when the machine has no such user. */
export function systemUser(name: string): SystemUser {
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
  try {
    return { name, uid: id("-u"), gid: id("-g") };
  } catch (cause) {
    throw new ExpectedError("not_found", `this machine has no user "${name}"`, {
      hint: "run `bin/up`, which makes it",
      cause,
    });
  }
}

/** PostgreSQL refuses to run as root: then Debian's `postgres` user runs it, else we do. */
export function databaseUser(): SystemUser {
  return process.getuid?.() === 0 ? systemUser("postgres") : ourselves();
}

/**
 * Gives a path to a user; without root everything is ours already and nothing is to do. A link is given
 * itself, never what it leads to: others may have put it there.
 */
export function giveTo(user: Pick<SystemUser, "uid" | "gid">, path: string): void {
  if (process.getuid?.() === 0) lchownSync(path, user.uid, user.gid);
}

/** How to start a child of PostgreSQL's as a user, in its own group alone; empty without root. See also `launcher`. */
export function spawnAs(user: SystemUser): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {};
}
