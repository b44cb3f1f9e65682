import { execFileSync } from "node:child_process";
import { ExpectedError } from "@holdfast/kernel/errors";

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Runs control, server and outbox where root sets up; may read neither root key nor keystore. */
export const serviceUserName = "holdfast";

/** @returns the user, or undefined when the machine has none of that name. */
export function findUser(name: string): ServiceUser | undefined {
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
  try {
    return { name, uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

/** Finds or makes the system user: no password, no shell, no home. Root only. */
export function ensureServiceUser(): ServiceUser {
  const found = findUser(serviceUserName);
  if (found) return found;
  const options = [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
  ];
  try {
    execFileSync("/usr/sbin/useradd", [...options, serviceUserName], { stdio: "pipe" });
  } catch (cause) {
    throw new ExpectedError("unavailable", `cannot make the system user "${serviceUserName}"`, {
      hint: "the Debian package `passwd` has useradd; /etc must be writable",
      cause,
    });
  }
  return ensureServiceUser();
}
