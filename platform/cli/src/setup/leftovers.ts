import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { lives, signalGroup } from "../supervisor/process-identity.ts";
import { readState } from "../supervisor/state.ts";

const limitMilliseconds = 60_000;

/**
 * Ends what still runs of an installation whose supervisor is gone: its parts first (the agent stops
 * PostgreSQL cleanly), then PostgreSQL itself where the agent is gone too. @returns whether there was any.
 */
export async function endLeftovers(folder: DataFolder): Promise<boolean> {
  const parts = (readState(folder)?.parts ?? []).flatMap(({ process }) =>
    process && lives(process) ? [process] : [],
  );
  for (const { pid } of parts) signalGroup(pid, "SIGTERM");
  await until(() => !parts.some(lives));
  for (const { pid } of parts.filter(lives)) signalGroup(pid, "SIGKILL");
  const postmasters = runningPostmasters(folder);
  for (const pid of postmasters) process.kill(pid, "SIGINT");
  await until(() => runningPostmasters(folder).length === 0);
  for (const pid of runningPostmasters(folder)) signalGroup(pid, "SIGKILL");
  return parts.length + postmasters.length > 0;
}

/** Postmasters of our clusters, told by their working folder and not by a number in a stale file alone. */
function runningPostmasters(folder: DataFolder): number[] {
  if (!existsSync(folder.clusters)) return [];
  return readdirSync(folder.clusters).flatMap((name) => {
    const cluster = join(folder.clusters, name);
    try {
      const pid = Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n", 1)[0]);
      return readlinkSync(`/proc/${pid}/cwd`) === cluster ? [pid] : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < limitMilliseconds; waited += 50) await wait(50);
}
