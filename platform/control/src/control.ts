import { statSync } from "node:fs";
import { claims } from "@holdfast/claims/claims";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { Catalog, controlApps } from "@holdfast/panel/catalog";
import { call } from "@holdfast/protocol/call";
import { download, upload } from "@holdfast/protocol/call-bytes";
import type { Config, DataFolder } from "@holdfast/protocol/data-folder";
import { serve } from "@holdfast/protocol/serve";
import { syncClaims } from "@holdfast/trust/evidence";
import { knockAt, startLookOut } from "./alarms/start.ts";
import { Measurer } from "./claims/measurer.ts";
import { ClaimSchedule } from "./claims/schedule.ts";
import type { ControlContext } from "./context.ts";
import { startControlBackups } from "./control-backups.ts";
import { prepareControlDatabase } from "./control-database.ts";
import { operatorDoor } from "./handlers/operator-door.ts";
import { serverDoor } from "./handlers/server-door.ts";
import { kinds } from "./kinds/kinds.ts";
import { endLeftImports } from "./left-imports.ts";
import { OperationRunner } from "./operations/runner.ts";
import type { Parts } from "./parts.ts";
import { startScheduler } from "./scheduler.ts";
import { syncVaults } from "./sync-vaults.ts";
import { openTenants } from "./tenants.ts";
import { upgradeOutdated } from "./upgrade.ts";
import { openUploads } from "./uploads/open-uploads.ts";
import { endLeftCustomers } from "./uploads/take-in-new.ts";
import { UploadPlaces } from "./uploads/upload-places.ts";
import { Whispers } from "./whispers.ts";

export interface ControlOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoint: (name: string) => void;
  /** Whether backups and claims come up by themselves when they are due; else only what is asked for happens. */
  readonly hasSchedules: boolean;
}

/** Whoever may open the agent's socket for the server: the agent knows who that is, and root has set it. */
function serverAccess({ agentServerSocket }: DataFolder): { readonly mode: 0o660; readonly gid: number } {
  return { mode: 0o660, gid: statSync(agentServerSocket).gid };
}

/** The name of the host on which operators work; never a customer's. */
const panelName = "panel";

/**
 * Starts the part that decides: its own database first, then whatever a former process left undone; it answers when
 * that is settled.
 */
export async function startControl(options: ControlOptions): Promise<{ close(): Promise<void> }> {
  const { folder, config, log, clock } = options;
  const whispers = new Whispers(clock);
  const parts = await openParts(options, whispers);
  await syncVaults(parts);
  await upgradeOutdated(parts);
  await endLeftImports(parts);
  const runner = new OperationRunner(parts, kinds);
  const context: ControlContext = {
    parts,
    runner,
    folder,
    config,
    panelHost: parts.hostOf(panelName),
    uploads: openUploads(parts, folder.uploads),
    places: new UploadPlaces(),
    secretOf: (key) => whispers.take(key),
  };
  await endLeftCustomers(context);
  const measurer = new Measurer(context, claims);
  await syncClaims(parts.data, claims);
  const operators = await serve(folder.controlSocket, operatorDoor(context, measurer), { log });
  const server = await serve(folder.controlServerSocket, serverDoor(context), {
    ...serverAccess(folder),
    log,
  });
  runner.start();
  const schedules = options.hasSchedules ? startSchedules(context, measurer) : undefined;
  return {
    close: async () => {
      await schedules?.stopAsking();
      await Promise.all([operators.close(), server.close()]);
      await context.uploads.close();
      await schedules?.stopMeasuring();
      await runner.stop();
      await parts.data.close();
    },
  };
}

async function openParts(options: ControlOptions, whispers: Whispers): Promise<Parts> {
  const { folder, config, log, clock, random, failpoint } = options;
  const agent: Parts["agent"] = (method, input, callOptions) =>
    call(folder.agentSocket, method, input, callOptions);
  const catalog = new Catalog({ outboxDir: null });
  const tenants = openTenants({ agent, catalog, log, clock, random });
  await prepareControlDatabase({ agent, tenants, config });
  const hostOf = (name: string): string => `${name}.localhost`;
  return {
    data: await tenants.open(config.controlTenantId, controlApps),
    tenants,
    catalog,
    clock,
    random,
    log,
    agent,
    agentBytes: {
      download: (method, input, callOptions) => download(folder.agentSocket, method, input, callOptions),
      upload: (method, sent, callOptions) => upload(folder.agentSocket, method, sent, callOptions),
    },
    failpoint,
    hostOf,
    urlOf: (name) => `https://${hostOf(name)}:${config.port}`,
    whisper: (key, secret) => whispers.keep(key, secret),
  };
}

/** Backups, proofs, alarms and measurements that come up by themselves. */
function startSchedules(context: ControlContext, measurer: Measurer) {
  const { parts, runner, folder, config } = context;
  const { data, clock, log } = parts;
  const stopScheduler = startScheduler(parts, () => runner.wake());
  const stopBackups = startControlBackups(parts, config.controlTenantId);
  const claimSchedule = new ClaimSchedule({ data, measurer, clock, log });
  claimSchedule.start();
  const stopLookOut = startLookOut(parts, knockAt(parts, folder.caFile));
  return {
    stopAsking: async () => {
      stopScheduler();
      stopBackups();
      await stopLookOut();
    },
    /** Ends with the measurement that is under way. */
    stopMeasuring: () => claimSchedule.stop(),
  };
}
