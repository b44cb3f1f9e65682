import {
  closeDeploy,
  clusterStatus,
  ensureDatabase,
  ensureFiles,
  ensureKey,
  ensureRoles,
  inventory,
  issueCertificate,
  listVaults,
  openForDeploy,
  openTenant,
  removeDatabase,
  removeFiles,
  removeRoles,
  shredKey,
} from "@holdfast/protocol/agent-methods";
import type { Handler } from "@holdfast/protocol/serve";
import { handle } from "@holdfast/protocol/serve";
import type { Agent } from "./agent.ts";
import { statusOf } from "./cluster/status.ts";
import { takeInventory } from "./inventory.ts";

const said = async (work: Promise<boolean>): Promise<{ changed: boolean }> => ({ changed: await work });

/** Every method of the agent but those of backups: the whole surface of the process that holds root. */
export function agentHandlers({ tenants, authority, vaults, clusters, ...rest }: Agent): Handler[] {
  return [
    handle(ensureRoles, ({ tenantId, cluster }) => said(tenants.ensureRoles(tenantId, cluster))),
    handle(ensureDatabase, ({ tenantId, cluster }) => said(tenants.ensureDatabase(tenantId, cluster))),
    handle(ensureKey, ({ tenantId }) => said(tenants.ensureKey(tenantId))),
    handle(ensureFiles, ({ tenantId }) => said(tenants.ensureFiles(tenantId))),
    handle(removeDatabase, ({ tenantId }) => said(tenants.removeDatabase(tenantId))),
    handle(removeRoles, ({ tenantId }) => said(tenants.removeRoles(tenantId))),
    handle(removeFiles, ({ tenantId }) => said(tenants.removeFiles(tenantId))),
    handle(shredKey, ({ tenantId }) => said(tenants.shredKey(tenantId))),
    handle(openTenant, async ({ tenantId }) => {
      const { dataKey, ...open } = await tenants.open(tenantId);
      return { ...open, dataKey: dataKey.toString("base64") };
    }),
    handle(openForDeploy, ({ tenantId }) => tenants.openForDeploy(tenantId)),
    handle(closeDeploy, ({ tenantId }) => said(tenants.closeDeploy(tenantId))),
    handle(issueCertificate, async ({ hosts }) => authority.issue({ hosts })),
    handle(listVaults, async () => ({ vaults: vaults.map(({ path: _, ...vault }) => vault) })),
    handle(inventory, () => takeInventory({ clusters, vaults, ...rest })),
    handle(clusterStatus, async () => ({
      clusters: await Promise.all(Object.values(clusters).map(statusOf)),
    })),
  ];
}
