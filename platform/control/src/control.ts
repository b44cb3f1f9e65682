import { statSync } from "node:fs";
import { claims } from "@holdfast/claims/claims";
import type { DataSource } from "@holdfast/framework/model/environment";
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
import { alarmHandlers } from "./handlers/alarms.ts";
import { backupHandlers } from "./handlers/backups.ts";
import { claimHandlers } from "./handlers/claims.ts";
import { customerHandlers } from "./handlers/customers.ts";
import { demoHandlers } from "./handlers/demo.ts";
import { keyHandlers } from "./handlers/keys.ts";
import { operationHandlers } from "./handlers/operations.ts";
import { partsHandlers } from "./handlers/parts.ts";
import { restoreHandlers } from "./handlers/restores.ts";
import { retentionHandlers } from "./handlers/retention.ts";
import { schemaHandlers } from "./handlers/schema.ts";
import { selfServiceHandlers } from "./handlers/self-service.ts";
import { serverDoor } from "./handlers/server-door.ts";
import { statusHandlers } from "./handlers/status.ts";
import { transferHandlers } from "./handlers/transfers.ts";
import { uploadHandlers } from "./handlers/uploads.ts";
import { vaultHandlers } from "./handlers/vaults.ts";
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

/** Starts the part that decides: its own database first, then whatever a former process left undone. */
export async function startControl(options: ControlOptions): Promise<{ close(): Promise<void> }> {
  const { folder, config, log, clock, random, failpoint } = options;
  const agent: Parts["agent"] = (method, input, callOptions) =>
    call(folder.agentSocket, method, input, callOptions);
  const catalog = new Catalog({ outboxDir: null });
  const tenants = openTenants({ agent, catalog, log, clock, random });
  await prepareControlDatabase({ agent, tenants, config });
  const data: DataSource = await tenants.open(config.controlTenantId, controlApps);
  const whispers = new Whispers(clock);
  const hostOf = (name: string): string => `${name}.localhost`;
  const parts: Parts = {
    data,
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
  await syncVaults(parts);
  await upgradeOutdated(parts);
  await endLeftImports(parts);
  const runner = new OperationRunner(parts, kinds);
  const context: ControlContext = {
    parts,
    runner,
    folder,
    config,
    panelHost: hostOf(panelName),
    uploads: openUploads(parts, folder.uploads),
    places: new UploadPlaces(),
    secretOf: (key) => whispers.take(key),
  };
  await endLeftCustomers(context);
  const measurer = new Measurer(context, claims);
  const schedule = new ClaimSchedule({ data, measurer, clock, log });
  await syncClaims(data, claims);
  const serving = await serve(
    folder.controlSocket,
    [
      ...customerHandlers(context),
      ...backupHandlers(context),
      ...retentionHandlers(context),
      ...vaultHandlers(context),
      ...keyHandlers(context),
      ...partsHandlers(context),
      ...restoreHandlers(context),
      ...transferHandlers(context),
      ...uploadHandlers(context, "operator"),
      ...selfServiceHandlers(context),
      ...operationHandlers(context),
      ...schemaHandlers(context),
      ...demoHandlers(context),
      ...statusHandlers(context),
      ...alarmHandlers(context),
      ...claimHandlers(context, measurer),
    ],
    { log },
  );
  const door = await serve(folder.controlServerSocket, serverDoor(context), {
    ...serverAccess(folder),
    log,
  });
  runner.start();
  const stopScheduler = options.hasSchedules ? startScheduler(parts, () => runner.wake()) : undefined;
  const stopBackups = options.hasSchedules ? startControlBackups(parts, config.controlTenantId) : undefined;
  if (options.hasSchedules) schedule.start();
  const stopLookOut = options.hasSchedules ? startLookOut(parts, knockAt(parts, folder.caFile)) : undefined;
  return {
    close: async () => {
      stopScheduler?.();
      stopBackups?.();
      await stopLookOut?.();
      await Promise.all([serving.close(), door.close()]);
      await context.uploads.close();
      await schedule.stop();
      await runner.stop();
      await data.close();
    },
  };
}
