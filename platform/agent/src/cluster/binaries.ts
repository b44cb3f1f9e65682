import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";

/** Where Debian keeps PostgreSQL, one folder per major version. */
const debianFolder = "/usr/lib/postgresql";
const oldestMajor = 15;

export interface Binaries {
  readonly major: number;
  readonly folder: string;
}

/**
 * The PostgreSQL programs to use.
 *
 * @param major - of existing data: exactly that version is needed. Without it: the newest installed.
 * @throws ExpectedError `unavailable` that names the package to install.
 */
export function binaries(major?: number, folder = debianFolder): Binaries {
  const installed = installedMajors(folder);
  const wanted = major ?? installed.at(-1);
  if (wanted !== undefined && installed.includes(wanted))
    return { major: wanted, folder: join(folder, String(wanted), "bin") };
  throw new ExpectedError(
    "unavailable",
    major === undefined
      ? `no PostgreSQL of version ${oldestMajor} or newer is installed in ${folder}`
      : `the data are PostgreSQL ${major}'s; installed: ${installed.join(", ") || "none"}`,
    {
      hint: `apt-get install -y --no-install-recommends postgresql${major === undefined ? "" : `-${major}`}`,
    },
  );
}

function installedMajors(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name) && existsSync(join(folder, name, "bin", "postgres")))
    .map(Number)
    .filter((major) => major >= oldestMajor)
    .sort((a, b) => a - b);
}
