import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { present } from "@holdfast/kernel/assert";
import type { Log } from "@holdfast/kernel/log";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { LogFile } from "./log-file.ts";
import { Part, type PartLimits, type PartSpec } from "./part.ts";
import { identify, lives, signalGroup } from "./process-identity.ts";
import { readState, type SupervisorState, writeState } from "./state.ts";

export interface SuperviseOptions {
  readonly folder: DataFolder;
  /** Parts of one inner list start together; the next list starts when all of it are ready. */
  readonly parts: readonly (readonly PartSpec[])[];
  readonly codeRoot: string;
  /** Whether server and control run under different users. */
  readonly separated: boolean;
  readonly codeStamp: string;
  readonly log: Log;
  readonly limits?: PartLimits;
}

export interface Supervision {
  readonly state: () => SupervisorState;
  /** Resolves when every part is ready; rejects with the first that does not start. All are stopped then. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs the parts of an installation in order, and stops them in the reverse one. Whatever a former
 * supervisor left behind (kill -9) is ended first; after a reboot there is nothing to end, since a
 * process is told by its start and boot, not by its number.
 */
export function supervise(options: SuperviseOptions): Supervision {
  const { folder, log } = options;
  const self = present(identify(process.pid), "our own process in /proc");
  const startedAt = new Date().toISOString();
  const groups = options.parts.map((group) =>
    group.map((spec) => {
      const output = new LogFile(join(folder.logs, `${spec.name}.log`));
      return new Part(spec, {
        output,
        onChange: () => changed(),
        ...(options.limits ? { limits: options.limits } : {}),
      });
    }),
  );
  const state = (): SupervisorState => ({
    supervisor: self,
    codeRoot: options.codeRoot,
    codeStamp: options.codeStamp,
    separated: options.separated,
    startedAt,
    parts: groups.flat().map((part) => part.state),
  });
  const changed = (): void => {
    try {
      writeState(folder, state());
    } catch (error) {
      // A full disk, say: the parts that run are worth more than what is noted of them.
      log("error", "cannot note the parts", { error });
    }
    log("info", "parts", {
      states: Object.fromEntries(groups.flat().map((part) => [part.spec.name, part.state.state])),
    });
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopAll(groups));
  const ready = startAll(folder, groups, () => stopped !== undefined, log).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { state, ready, stop };
}

async function startAll(
  folder: DataFolder,
  groups: readonly (readonly Part[])[],
  stopping: () => boolean,
  log: Log,
): Promise<void> {
  await endLeftovers(folder, log);
  for (const group of groups) {
    if (stopping()) return;
    await Promise.all(group.map((part) => part.start()));
  }
}

async function stopAll(groups: readonly (readonly Part[])[]): Promise<void> {
  for (const group of groups.toReversed()) await Promise.all(group.map((part) => part.stop()));
}

const leftoverMilliseconds = 15_000;

async function endLeftovers(folder: DataFolder, log: Log): Promise<void> {
  const left = (readState(folder)?.parts ?? []).flatMap(({ process }) =>
    process && lives(process) ? [process] : [],
  );
  for (const { pid } of left) signalGroup(pid, "SIGTERM");
  for (let waited = 0; left.some(lives) && waited < leftoverMilliseconds; waited += 50) await wait(50);
  for (const identity of left.filter(lives)) signalGroup(identity.pid, "SIGKILL");
  if (left.length > 0)
    log("warn", "ended what a former supervisor left", { pids: left.map(({ pid }) => pid) });
}
