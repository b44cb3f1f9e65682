import { existsSync } from "node:fs";
import {
  closeDeploy,
  clusterStatus,
  ensureDatabase,
  ensureFiles,
  ensureKey,
  ensureRoles,
  inventory,
  listVaults,
  lookAtKeystore,
  lookAtVaults,
  openForDeploy,
  removeCertificate,
  removeDatabase,
  removeFiles,
  removeRoles,
  serverReach,
  shredKey,
} from "@holdfast/protocol/agent-methods";
import {
  compareBackup,
  describeBackup,
  healBackup,
  listBackups,
  loadBackup,
  removeBackup,
  takeBackup,
  verifyBackup,
} from "@holdfast/protocol/backup-methods";
import type { Handler } from "@holdfast/protocol/serve";
import { handle } from "@holdfast/protocol/serve";
import type { Agent } from "./agent.ts";
import { statusOf } from "./cluster/status.ts";
import { dataKeyHandlers } from "./data-key-handlers.ts";
import { erasureHandlers } from "./erasure-handlers.ts";
import { takeInventory } from "./inventory.ts";
import { lookAtKeystore as lookAtKeys } from "./look-at-keystore.ts";
import { lookAtVaults as look } from "./look-at-vaults.ts";
import { restoreHandlers } from "./restore-handlers.ts";
import { serverHandlers } from "./server-handlers.ts";
import { tryAsServer } from "./server-reach/try-as-server.ts";
import { vaultHandlers } from "./vault-handlers.ts";
import { isDirectory } from "./vaults.ts";

const said = async (work: Promise<boolean>): Promise<{ changed: boolean }> => ({ changed: await work });

/** Every method of the agent: the whole surface of the process that holds root. */
export function agentHandlers(agent: Agent): Handler[] {
  const handlers = [...workHandlers(agent), ...serverHandlers(agent)];
  const nameOf = ({ method }: Handler): string => method.name;
  const methods = () => ({
    all: [...handlers.map(nameOf), serverReach.name],
    needed: serverHandlers(agent).map(nameOf),
  });
  return [...handlers, handle(serverReach, () => tryAsServer(agent.folder, agent.users, methods()))];
}

function workHandlers(agent: Agent): Handler[] {
  const { tenants, logins, backups, readings, authority, vaults, clusters, restores, ...rest } = agent;
  return [
    ...restoreHandlers({ restores, backups, readings }),
    ...vaultHandlers(agent),
    ...erasureHandlers(agent),
    ...dataKeyHandlers(agent),
    handle(ensureRoles, ({ tenantId, cluster }) => said(tenants.ensureRoles(tenantId, cluster))),
    handle(ensureDatabase, ({ tenantId, cluster }) => said(tenants.ensureDatabase(tenantId, cluster))),
    handle(ensureKey, ({ tenantId }) => said(tenants.ensureKey(tenantId))),
    handle(ensureFiles, ({ tenantId }) => said(tenants.ensureFiles(tenantId))),
    handle(removeDatabase, async ({ tenantId }) => {
      await readings.loaded(tenantId);
      return said(tenants.removeDatabase(tenantId));
    }),
    handle(removeRoles, ({ tenantId }) => said(tenants.removeRoles(tenantId))),
    handle(removeFiles, ({ tenantId }) => said(tenants.removeFiles(tenantId))),
    handle(shredKey, async ({ tenantId, subject }, context) => {
      await agent.guard.refuseHeld(tenantId, context);
      const changed = await tenants.shredKey(tenantId, subject);
      agent.tombstones.forget(tenantId);
      await agent.catalogs.forget(tenantId);
      agent.proofs.forget(tenantId);
      await agent.objects.removeHeads(tenantId);
      return { changed };
    }),
    handle(openForDeploy, ({ tenantId, slot }) => logins.openForDeploy(tenantId, slot)),
    handle(closeDeploy, ({ tenantId, slot }) => said(logins.closeDeploy(tenantId, slot))),
    handle(removeCertificate, ({ hosts }) => said(Promise.resolve(authority.forget({ hosts })))),
    handle(lookAtKeystore, async () => {
      const { replicas, away, unreadable } = agent.keystore.look();
      const splitErasures = agent.tombstones.split().length;
      const recoveryChecked = existsSync(agent.folder.recoveryChecked);
      const places = lookAtKeys(agent.folder);
      return { replicas, away: away.length, unreadable, splitErasures, recoveryChecked, places };
    }),
    handle(lookAtVaults, async (_input, context) => ({
      vaults: [...(await look(vaults.filter(isDirectory))), ...(await agent.checks.lookAtRemote(context))],
    })),
    handle(listVaults, async () => ({
      vaults: vaults.map(
        ({ spec: _spec, retention: _retention, alone: _alone, posing: _posing, ...vault }) => ({
          ...vault,
          attestations: [...vault.attestations],
        }),
      ),
    })),
    handle(takeBackup, (input, context) => backups.take(input, context)),
    handle(verifyBackup, (input, context) => backups.verify(input, context)),
    handle(describeBackup, (input, context) => readings.describe(input, context)),
    handle(healBackup, (input, context) => backups.heal(input, context)),
    handle(loadBackup, (input, context) => readings.load(input, context)),
    handle(compareBackup, (input, context) => readings.compare(input, context)),
    handle(listBackups, async ({ tenantId }) => ({ objects: await backups.list(tenantId) })),
    handle(removeBackup, (ref, context) => backups.remove(ref, context)),
    handle(inventory, () => takeInventory({ clusters, vaults, ...rest })),
    handle(clusterStatus, async () => ({
      clusters: await Promise.all(clusters.all.map(statusOf)),
    })),
  ];
}
