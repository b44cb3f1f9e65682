import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { codeRoot, nodeOf } from "./place.ts";
import type { ServiceUser, ServiceUsers } from "./service-user.ts";

const sourceFolders = ["software", "apps", "platform", "claims"] as const;
/** What stands beside the running code, for whoever checks that it is there: rules, gates and tests. */
const beside = [
  "tools",
  "tests",
  "bench",
  "bin",
  ".ci",
  "LICENSE",
  "SECURITY.md",
  "CONTRIBUTING.md",
] as const;
const copied = [...sourceFolders, ...beside, "package.json", "package-lock.json", "tsconfig.json"] as const;

/** Changes whenever a source file or the lockfile changes: tells whether the running code is this one. */
export function codeStamp(root = codeRoot): string {
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  for (const folder of sourceFolders) addFolder(hash, join(root, folder));
  return hash.digest("hex").slice(0, 16);
}

function addFolder(hash: ReturnType<typeof createHash>, path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === "node_modules" || /\.test\.tsx?$/.test(entry.name)) continue;
    const inner = join(path, entry.name);
    if (entry.isDirectory()) addFolder(hash, inner);
    else if (entry.isFile()) hash.update(`${inner.slice(path.length)}\0`).update(readFileSync(inner));
  }
}

/** Whether the users may read and run this checkout; root's home for one is closed to others. */
export function readableBy({ service, server }: ServiceUsers, root = codeRoot): boolean {
  return [service, server].every((user) => readableByOne(user, root));
}

function readableByOne(user: ServiceUser, root: string): boolean {
  const script = "require('node:fs').readFileSync(process.argv[1])";
  const main = join(root, "platform/control/package.json");
  const { status } = spawnSync(nodeOf(root), ["-e", script, main], {
    cwd: "/",
    uid: user.uid,
    gid: user.gid,
    env: {},
  });
  return status === 0;
}

/**
 * Where the parts run from: this checkout, or a copy under the data folder when the system users
 * cannot read it. The packages are hard links where the disk is the same, so a copy costs little.
 */
export function readableCode(folder: DataFolder, users: ServiceUsers, stamp: string): string {
  if (readableBy(users)) return codeRoot;
  const copy = join(folder.root, "code");
  const stampFile = join(copy, ".stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp && readableBy(users, copy))
    return copy;
  makeCopy(copy, stampFile, stamp);
  if (readableBy(users, copy)) return copy;
  throw new ExpectedError(
    "unavailable",
    `the users "${users.service.name}" and "${users.server.name}" can read the code neither in ${codeRoot} nor in ${copy}`,
    {
      hint: "every folder above the data must be open to others (o+x); choose another with --data",
    },
  );
}

function makeCopy(copy: string, stampFile: string, stamp: string): void {
  const fresh = `${copy}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o755 });
  for (const name of copied) execFileSync("cp", ["-a", "--reflink=auto", join(codeRoot, name), fresh]);
  const packages = join(codeRoot, "node_modules");
  const sameDisk = statSync(packages).dev === statSync(fresh).dev;
  execFileSync("cp", ["-a", sameDisk ? "--link" : "--reflink=auto", packages, fresh]);
  for (const name of copied) execFileSync("chmod", ["-R", "u=rwX,go=rX", join(fresh, name)]);
  rmSync(copy, { recursive: true, force: true });
  renameSync(fresh, copy);
  writeFileSync(stampFile, stamp, { mode: 0o644 });
}
