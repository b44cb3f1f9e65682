import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { compiledCode } from "@holdfast/kernel/compiled-code";
import { ExpectedError } from "@holdfast/kernel/errors";
import { call } from "@holdfast/protocol/call";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { awaitReady, supervisorSocket, supervisorState } from "../supervisor/methods.ts";
import { lives, signalGroup } from "../supervisor/process-identity.ts";
import { readState, type SupervisorState } from "../supervisor/state.ts";
import type { Step } from "../terminal.ts";
import { nodeOf } from "./place.ts";

const socketMilliseconds = 20_000;
const stopMilliseconds = 150_000;

export interface SupervisorStart {
  readonly codeRoot: string;
  readonly codeStamp: string;
  /** Whether the parts run under system users of their own; only root can start them so. */
  readonly separateUsers: boolean;
}

/** @returns what the running supervisor says, or undefined when none runs. */
export async function runningState(folder: DataFolder): Promise<SupervisorState | undefined> {
  try {
    return await call(supervisorSocket(folder), supervisorState, {});
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "unavailable") return undefined;
    throw error;
  }
}

/** Starts the supervisor so that it outlives this command and its terminal. */
export async function startSupervisor(folder: DataFolder, start: SupervisorStart): Promise<void> {
  const output = openSync(join(folder.logs, "supervisor.log"), "a", 0o600);
  const users = start.separateUsers ? ["--separate-users"] : [];
  const child = spawn(
    nodeOf(start.codeRoot),
    [
      join(start.codeRoot, "platform/cli/src/supervisor.ts"),
      "--data",
      folder.root,
      "--code",
      start.codeRoot,
      "--stamp",
      start.codeStamp,
      ...users,
    ],
    {
      cwd: "/",
      detached: true,
      stdio: ["ignore", output, output],
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LANG: "C.UTF-8",
        HOME: "/nonexistent",
        ...compiledCode(getCompileCacheDir()),
      },
    },
  );
  closeSync(output);
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = signal ?? `exit code ${code}`));
  child.unref();
  for (let waited = 0; waited < socketMilliseconds && ended === undefined; waited += 50) {
    if (await runningState(folder)) return;
    await wait(50);
  }
  throw new ExpectedError("unavailable", `the supervisor does not start (${ended ?? "it stays silent"})`, {
    hint: `see ${join(folder.logs, "supervisor.log")}`,
  });
}

/** Waits until every part is ready. @throws ExpectedError with the part that does not start. */
export function whenReady(folder: DataFolder, step: Step): Promise<SupervisorState> {
  return call(supervisorSocket(folder), awaitReady, {}, { onProgress: step.show });
}

/** Stops everything in order. @returns whether anything ran. */
export async function stopSupervisor(folder: DataFolder): Promise<boolean> {
  const state = readState(folder);
  if (!state || !lives(state.supervisor)) return false;
  process.kill(state.supervisor.pid, "SIGTERM");
  for (let waited = 0; lives(state.supervisor) && waited < stopMilliseconds; waited += 50) await wait(50);
  if (lives(state.supervisor)) signalGroup(state.supervisor.pid, "SIGKILL");
  return true;
}
