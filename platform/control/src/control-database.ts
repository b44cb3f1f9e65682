import { nameFirstCompany } from "@holdfast/app-base/base-data";
import { installApps } from "@holdfast/framework/modules/install";
import { controlApps } from "@holdfast/panel/catalog";
import { ensureDatabase, ensureFiles, ensureKey, ensureRoles } from "@holdfast/protocol/agent-methods";
import type { Config } from "@holdfast/protocol/data-folder";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/**
 * Makes the control database, by the same steps as any customer's, on a cluster of its own. Safe to run
 * at every start; each step changes nothing when it is done already.
 */
export async function prepareControlDatabase({
  agent,
  tenants,
  config,
}: Pick<Parts, "agent" | "tenants"> & { readonly config: Config }): Promise<void> {
  const tenantId = config.controlTenantId;
  const placed = { tenantId, cluster: "control" } as const;
  await agent(ensureKey, { tenantId });
  await agent(ensureRoles, placed);
  await agent(ensureFiles, { tenantId });
  await agent(ensureDatabase, placed);
  await tenants.syncSchema(tenantId, controlApps, "all");
  await tenants.withData(tenantId, controlApps, async (data) => {
    await installApps(data);
    await data.writing(controlActor, (env) => nameFirstCompany(env, "Control panel"));
  });
}
