import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import { giveTo, type SystemUser, spawnAs } from "../system-user.ts";
import { administratorRole } from "./access.ts";
import { type Binaries, binaries } from "./binaries.ts";

const marker = "holdfast-cluster";
const run = promisify(execFile);

/**
 * Makes a cluster's data folder if there is none, and tells which programs fit it.
 *
 * @throws ExpectedError `conflict` when something else lies there: it is never touched.
 * Made under another name and renamed, so that an interrupted initdb leaves nothing half-made.
 */
export async function initialize(dataFolder: string, user: SystemUser, sync = true): Promise<Binaries> {
  if (existsSync(dataFolder)) return existing(dataFolder);
  const programs = binaries();
  const fresh = `${dataFolder}.new`;
  mkdirSync(dirname(dataFolder), { recursive: true, mode: 0o711 });
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  giveTo(user, fresh);
  await initdb(programs, fresh, user, sync);
  renameSync(fresh, dataFolder);
  return programs;
}

function existing(dataFolder: string): Binaries {
  const version = join(dataFolder, "PG_VERSION");
  if (!existsSync(join(dataFolder, marker)) || !existsSync(version))
    throw new ExpectedError("conflict", `${dataFolder} exists but is no cluster of this product`, {
      hint: "move it away, or choose another folder with --data",
    });
  return binaries(Number(readFileSync(version, "utf8")));
}

async function initdb(programs: Binaries, fresh: string, user: SystemUser, sync: boolean): Promise<void> {
  const options = ["--data-checksums", "--encoding=UTF8", "--locale=C", `--username=${administratorRole}`];
  const access = ["--auth-local=peer", "--auth-host=reject", "--no-instructions"];
  const as = { cwd: "/", env: { PATH: "/usr/bin:/bin", LANG: "C", TZ: "UTC" }, ...spawnAs(user) };
  try {
    await run(
      join(programs.folder, "initdb"),
      ["--pgdata", fresh, ...options, ...access, ...(sync ? [] : ["--no-sync"])],
      as,
    );
    await run("touch", [join(fresh, marker)], as);
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split("\n").at(-1) ?? String(cause);
    throw new ExpectedError("unavailable", `cannot make a PostgreSQL cluster in ${fresh}: ${said}`, {
      hint: /space/i.test(said)
        ? "free some space, then run again"
        : `every folder above must be open (o+x) to the user "${user.name}"`,
      cause,
    });
  }
}
