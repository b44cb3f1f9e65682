import { type Handler, handle } from "@holdfast/protocol/serve";
import {
  addVault,
  adoptCatalog,
  auditCatalog,
  checkVaults,
  holdCatalogs,
  listKeys,
  listShredded,
  removeVault,
  rotateRootKey,
  shredCertificate,
  strikeBackup,
} from "@holdfast/protocol/vault-methods";
import type { Agent } from "./agent.ts";

/** What the agent does about vaults and their catalogs. */
export function vaultHandlers(agent: Agent): Handler[] {
  const { checks, registry, catalogs, objects, keystore, certificates, guard } = agent;
  return [
    handle(rotateRootKey, async () => ({ records: agent.rotateRootKey() })),
    handle(listShredded, async () => ({
      tenants: certificates.list(),
      former: certificates.formerKeys(),
    })),
    handle(shredCertificate, async ({ tenantId, generation }) => certificates.of(tenantId, generation)),
    handle(addVault, (settings, context) => checks.add(settings, context)),
    handle(removeVault, async ({ name }) => ({ changed: registry.remove(name) })),
    handle(checkVaults, async (which, context) => ({ checks: await checks.check(which, context) })),
    handle(auditCatalog, async ({ tenantId }, context) => {
      const { findings, catalogs: found } = await catalogs.audit(tenantId, context);
      return {
        findings: [...findings],
        catalogs: found.map((catalog) => ({ ...catalog, backups: [...catalog.backups] })),
      };
    }),
    handle(adoptCatalog, async ({ tenantId }, context) => answer(await catalogs.adopt(tenantId, context))),
    handle(holdCatalogs, async ({ tenantId, hold }, context) =>
      answer(await catalogs.hold(tenantId, hold, context)),
    ),
    handle(strikeBackup, async ({ tenantId, backupId }, context) => {
      const struck = answer(await guard.strike({ tenantId, backupId }, context));
      await objects.pruneHeads(tenantId);
      return struck;
    }),
    handle(listKeys, async () => ({
      tenants: keystore
        .list()
        .flatMap(({ tenantId }) =>
          tenantId !== null && keystore.dataKey(tenantId) !== undefined ? [tenantId] : [],
        ),
    })),
  ];
}

const answer = ({
  failed,
}: {
  readonly failed: readonly { readonly vault: string; readonly reason: string }[];
}) => ({
  failed: [...failed],
});
