import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";

/** What postmaster.pid says: see PostgreSQL's miscadmin.h. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** @returns what stands in the data folder's postmaster.pid, living or not. */
export function recordedPostmaster(dataFolder: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataFolder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

/**
 * Every PostgreSQL process that works in a data folder, whoever its parent is. After `kill -9` of a
 * postmaster its children hold the folder and its shared memory, and a new one refuses to start.
 * Told by program and working folder, so a reused process id is never taken for one of them.
 */
export function processesIn(dataFolder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(pid, dataFolder));
}

export function worksIn(pid: number, dataFolder: string): boolean {
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ""));
    return program === "postgres" && readlinkSync(`/proc/${pid}/cwd`) === dataFolder;
  } catch {
    return false;
  }
}

/** Kills them all and waits until they are gone. @throws ExpectedError `unavailable` when some stay. */
export async function killAllIn(dataFolder: string, limitMilliseconds = 10_000): Promise<void> {
  for (let waited = 0; waited <= limitMilliseconds; waited += 50) {
    const left = processesIn(dataFolder);
    if (left.length === 0) return;
    for (const pid of left) signal(pid, "SIGKILL");
    await wait(50);
  }
  throw new ExpectedError(
    "unavailable",
    `PostgreSQL processes in ${dataFolder} do not die: ${processesIn(dataFolder).join(", ")}`,
    {
      hint: "they wait for a disk that does not answer; look at `dmesg`",
    },
  );
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
