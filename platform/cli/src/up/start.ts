import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { systemRandom } from "@holdfast/kernel/random";
import { call } from "@holdfast/protocol/call";
import { ensureDemo } from "@holdfast/protocol/control-methods";
import type { Config, DataFolder } from "@holdfast/protocol/data-folder";
import { readConfig } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import type { OutputOf } from "@holdfast/protocol/method";
import { whenAnswering } from "../setup/answers.ts";
import { codeStamp, readableCode } from "../setup/code.ts";
import { makeFolders, settleConfig, writeConfig, writeRecoveryFile } from "../setup/data-folders.ts";
import { endLeftovers } from "../setup/leftovers.ts";
import { codeRoot, installed, refuseForeign, refuseFullDisk, refuseOtherOwner } from "../setup/place.ts";
import { anyFreePort, refuseBusyPort } from "../setup/port.ts";
import { ensureServiceUsers, type ServiceUsers } from "../setup/service-user.ts";
import { runningState, startSupervisor, stopSupervisor, whenReady } from "../setup/supervisor-process.ts";
import { buildWebClient, webClientIsStale } from "../setup/web-client.ts";
import { type Screen, step } from "../terminal.ts";
import type { UpOptions } from "./options.ts";

export interface Started {
  readonly config: Config;
  readonly access: OutputOf<typeof ensureDemo>;
  /** It ran already; nothing was changed. */
  readonly already: boolean;
  readonly recoveryFile: string | undefined;
  readonly notes: readonly string[];
}

const otherStartMilliseconds = 600_000;

/**
 * Brings the installation up and returns when the demo answers over HTTPS. Every step finds out first
 * whether it has anything to do, so that running it again changes nothing.
 */
export async function start(folder: DataFolder, options: UpOptions, screen: Screen): Promise<Started> {
  refuseOtherOwner(folder);
  const turn = await step(screen, "waiting for another bin/up", () => myTurn(folder));
  try {
    const running = await runningState(folder);
    const notes: string[] = [];
    if (running) notes.push(...differences(folder, options, running.codeStamp));
    else await launch(folder, options, screen, notes);
    await step(screen, "starting", (shown) => whenReady(folder, shown));
    const config = readConfig(folder);
    const access = await step(screen, "preparing customers", (shown) =>
      call(folder.controlSocket, ensureDemo, { empty: config.mode === "empty" }, { onProgress: shown.show }),
    );
    const first = new URL(access.customers[0]?.url ?? access.operator.url).hostname;
    await step(screen, `waiting for https://${first}:${config.port}`, () =>
      whenAnswering(folder, config, first),
    );
    return { config, access, already: running !== undefined, recoveryFile: writeRecoveryFile(folder), notes };
  } finally {
    await turn.release();
  }
}

async function launch(
  folder: DataFolder,
  options: UpOptions,
  screen: Screen,
  notes: string[],
): Promise<void> {
  refuseForeign(folder);
  if (installed(folder)) readConfig(folder);
  refuseFullDisk(folder);
  const users = process.getuid?.() === 0 ? ensureServiceUsers() : undefined;
  await step(screen, "ending what a former start left", () => endLeftovers(folder));
  const wished = options.port ?? (installed(folder) ? readConfig(folder).port : 8443);
  await refuseBusyPort(wished);
  makeFolders(folder, users);
  await freshOutboxPort(
    folder,
    await settleConfig(folder, { port: wished, empty: options.empty }, systemClock, systemRandom),
  );
  if (webClientIsStale()) await step(screen, "building the web client", () => buildWebClient());
  const stamp = codeStamp();
  const code = await placeCode(folder, users, stamp, screen, notes);
  await startSupervisor(folder, {
    codeRoot: code,
    codeStamp: stamp,
    separateUsers: users !== undefined,
  });
}

async function placeCode(
  folder: DataFolder,
  users: ServiceUsers | undefined,
  stamp: string,
  screen: Screen,
  notes: string[],
): Promise<string> {
  if (!users) return codeRoot;
  const code = await step(screen, "making the code readable for its system users", async () =>
    readableCode(folder, users, stamp),
  );
  if (code !== codeRoot)
    notes.push(`The system users cannot read ${codeRoot}; the parts run from the copy in ${code}.`);
  return code;
}

/** The outbox keeps its port unless another process took it while we were stopped. */
async function freshOutboxPort(folder: DataFolder, config: Config): Promise<void> {
  const taken = await refuseBusyPort(config.smtpPort).then(
    () => false,
    () => true,
  );
  if (taken) writeConfig(folder, { ...config, smtpPort: await anyFreePort() });
}

/** What the wish or the checkout has in store that the running installation has not. */
function differences(folder: DataFolder, options: UpOptions, runningStamp: string): string[] {
  const config = readConfig(folder);
  const notes: string[] = [];
  if (options.port !== undefined && options.port !== config.port)
    throw new ExpectedError("conflict", `it runs on port ${config.port} already`, {
      hint: `to move it: bin/up --stop, then bin/up --port ${options.port}`,
    });
  if (runningStamp !== codeStamp())
    notes.push("The code has changed since the start: bin/up --stop, then bin/up runs the new one.");
  if (options.empty && config.mode !== "empty")
    notes.push("It was set up with the demo; --empty changes nothing now.");
  return notes;
}

/** Two starts at once wait for each other. */
async function myTurn(folder: DataFolder): Promise<{ release(): Promise<void> }> {
  for (let waited = 0; ; waited += 200) {
    try {
      return await holdExclusively("start", folder.root);
    } catch (error) {
      if (waited > otherStartMilliseconds) throw error;
      await wait(200);
    }
  }
}

/** Stops everything. @returns whether anything ran. */
export async function stop(folder: DataFolder, screen: Screen): Promise<boolean> {
  refuseOtherOwner(folder);
  const stopped = await step(screen, "stopping", () => stopSupervisor(folder));
  const left = await step(screen, "ending what was left", () => endLeftovers(folder));
  return stopped || left;
}
