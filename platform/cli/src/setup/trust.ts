import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { DataFolder } from "@holdfast/protocol/data-folder";

const nickname = "Holdfast local authority";

/**
 * Makes this user's browsers trust the local authority, which can speak for `*.localhost` only.
 *
 * @returns the certificate stores that trust it now.
 * @throws ExpectedError with the package to install when the store's tool is missing.
 */
export function trustAuthority(folder: DataFolder, home = homedir()): string[] {
  refuseWithoutTool(folder);
  return stores(home).map((store) => {
    forget(store);
    certutil("-d", `sql:${store}`, "-A", "-t", "C,,", "-n", nickname, "-i", folder.caFile);
    return store;
  });
}

/** Takes the authority out of the user's stores again. */
export function distrustAuthority(home = homedir()): string[] {
  return stores(home).filter((store) => existsSync(store) && forget(store));
}

/** Chromium's store, made when missing, and every Firefox profile. */
function stores(home: string): string[] {
  const shared = join(home, ".pki/nssdb");
  if (!existsSync(join(shared, "cert9.db"))) {
    mkdirSync(shared, { recursive: true, mode: 0o700 });
    if (toolExists()) certutil("-d", `sql:${shared}`, "-N", "--empty-password");
  }
  const firefox = join(home, ".mozilla/firefox");
  const profiles = existsSync(firefox) ? readdirSync(firefox).map((name) => join(firefox, name)) : [];
  return [shared, ...profiles.filter((profile) => existsSync(join(profile, "cert9.db")))];
}

function forget(store: string): boolean {
  try {
    certutil("-d", `sql:${store}`, "-D", "-n", nickname);
    return true;
  } catch {
    return false;
  }
}

function certutil(...args: readonly string[]): void {
  execFileSync("certutil", args, { stdio: "pipe" });
}

function toolExists(): boolean {
  try {
    certutil("-H");
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function refuseWithoutTool(folder: DataFolder): void {
  if (!existsSync(folder.caFile))
    throw new ExpectedError("not_found", `there is no certificate authority in ${folder.root} yet`, {
      hint: "run `bin/up` first",
    });
  if (toolExists()) return;
  throw new ExpectedError(
    "unavailable",
    "browsers' certificate stores are changed with certutil, which is missing",
    {
      hint: `sudo apt-get install -y --no-install-recommends libnss3-tools, then again; or import ${folder.caFile} in the browser's settings`,
    },
  );
}
