import { BackupCopy } from "@holdfast/panel/backup";
import { listVaults } from "@holdfast/protocol/agent-methods";
import {
  addPlatformVault,
  checkCatalogs,
  checkPlatformVaults,
  listPlatformVaults,
  rebuildCatalog,
  removePlatformVault,
} from "@holdfast/protocol/retention-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { addVault, checkVaults, removeVault } from "@holdfast/protocol/vault-methods";
import { controlActor } from "../actor.ts";
import { auditCustomers } from "../catalog-check.ts";
import { rebuildFromVaults } from "../catalog-rebuild.ts";
import type { ControlContext } from "../context.ts";
import { syncVaults } from "../sync-vaults.ts";

/** What operators ask about vaults at the command line. Secrets pass through to the agent and are kept there alone. */
export function vaultHandlers({ parts, config }: ControlContext): Handler[] {
  return [
    handle(listPlatformVaults, async () => {
      const { vaults } = await parts.agent(listVaults, {});
      const groups = await parts.data
        .reading(controlActor)
        .of(BackupCopy)
        .readGroup([], ["vault", "state"], []);
      const copies = (name: string, stored: boolean) =>
        groups
          .filter(({ vault, state }) => vault === name && (state === "stored") === stored)
          .reduce((sum, { __count }) => sum + __count, 0);
      return {
        vaults: vaults.map((vault) => ({
          ...vault,
          backups: copies(vault.name, true),
          partial: copies(vault.name, false),
        })),
      };
    }),
    handle(addPlatformVault, async (settings, { signal, progress }) => {
      const check = await parts.agent(addVault, settings, { signal, onProgress: progress });
      await syncVaults(parts);
      return check;
    }),
    handle(checkPlatformVaults, async ({ names }, { signal, progress }) => {
      const wanted = names === undefined ? {} : { names };
      const checked = await parts.agent(checkVaults, wanted, { signal, onProgress: progress });
      await syncVaults(parts);
      return checked;
    }),
    handle(removePlatformVault, async ({ name }) => {
      const removed = await parts.agent(removeVault, { name });
      await syncVaults(parts);
      await parts.data.writing(controlActor, async (env) =>
        env.of(BackupCopy).unlink(await env.of(BackupCopy).search([["vault", "=", name]])),
      );
      return removed;
    }),
    handle(checkCatalogs, ({ customer }, { signal }) => auditCustomers(parts, { customer, signal })),
    handle(rebuildCatalog, (_input, { signal }) =>
      rebuildFromVaults(parts, { controlTenantId: config.controlTenantId, signal }),
    ),
  ];
}
