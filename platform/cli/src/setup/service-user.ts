import { execFileSync } from "node:child_process";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Account } from "@holdfast/protocol/launcher";
import { serverUserName, serviceUserName } from "@holdfast/protocol/system-users";

/** A user of the machine that runs a part. */
export interface ServiceUser extends Account {
  readonly name: string;
}

/** Who runs what where root sets up. */
export interface ServiceUsers {
  /** Control, backup jobs, outbox: in the server's group too, since they work on the customers' files. */
  readonly service: ServiceUser;
  readonly server: ServiceUser;
}

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

/** @returns both, or undefined while the machine has not both. */
export function findServiceUsers(): ServiceUsers | undefined {
  const [service, server] = [findUser(serviceUserName), findUser(serverUserName)];
  return service && server ? { service: { ...service, groups: [server.gid] }, server } : undefined;
}

/** Finds or makes the system users: no password, no shell, no home. Root only. */
export function ensureServiceUsers(): ServiceUsers {
  const [service, server] = [ensureUser(serviceUserName), ensureUser(serverUserName)];
  return { service: { ...service, groups: [server.gid] }, server };
}

function ensureUser(name: string): ServiceUser {
  const found = findUser(name);
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
    execFileSync("/usr/sbin/useradd", [...options, name], { stdio: "pipe" });
  } catch (cause) {
    throw new ExpectedError("unavailable", `cannot make the system user "${name}"`, {
      hint: "the Debian package `passwd` has useradd; /etc must be writable",
      cause,
    });
  }
  return present(findUser(name), "the system user that was just made");
}
