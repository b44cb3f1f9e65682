import { openData } from "@holdfast/framework/model/data-source";
import type { DataSource } from "@holdfast/framework/model/environment";
import { type Database, openDatabase } from "@holdfast/framework/sql/database";
import { applySchema, checkSchema, showSchemaPlan } from "@holdfast/framework/sql/schema/apply";
import type { TenantId } from "@holdfast/kernel/id";
import { closeDeploy, openForDeploy, openTenant } from "@holdfast/protocol/agent-methods";
import { openBeside } from "@holdfast/protocol/restore-methods";
import type { Parts, Slot, Tenants } from "./parts.ts";

/** Connections that control holds to one database: it works there rarely and on one thing. */
const connections = 2;

/** Opens tenants' databases through the agent: rows with the tenant's own role, the schema with a passing one. */
export function openTenants(parts: Pick<Parts, "agent" | "catalog" | "log" | "clock" | "random">): Tenants {
  const { agent, catalog, log, clock, random } = parts;
  const connect = async (tenantId: TenantId, slot: Slot): Promise<Database> => {
    const { connection } = await (slot === "live"
      ? agent(openTenant, { tenantId })
      : agent(openBeside, { tenantId }));
    return openDatabase({ ...connection, maxConnections: connections, applicationName: "control", log });
  };
  const open = async (
    tenantId: TenantId,
    apps: readonly string[],
    slot: Slot = "live",
  ): Promise<DataSource> => {
    const database = await connect(tenantId, slot);
    const registry = catalog.registry(apps);
    try {
      await checkSchema(database, registry);
    } catch (error) {
      await database.close();
      throw error;
    }
    return openData({ database, registry, clock, random, log });
  };
  return {
    open,
    withData: async (tenantId, apps, block, slot) => {
      const data = await open(tenantId, apps, slot);
      try {
        return await block(data);
      } finally {
        await data.close();
      }
    },
    schemaPlan: async (tenantId, apps) => {
      const database = await connect(tenantId, "live");
      try {
        return await showSchemaPlan(database, catalog.registry(apps));
      } finally {
        await database.close();
      }
    },
    syncSchema: async (tenantId, apps, phase, slot = "live", recorded) => {
      const { connection, role } = await agent(openForDeploy, { tenantId, slot });
      const database = openDatabase({
        ...connection,
        maxConnections: 1,
        applicationName: "control schema",
        log,
      });
      try {
        const steps = await applySchema(database, catalog.registry(apps), {
          phase,
          setRole: role,
          ...(recorded === undefined ? {} : { recorded }),
        });
        if (steps.length > 0) log("info", `schema of ${tenantId}: ${steps.length} steps`, { phase });
      } finally {
        await database.close();
        await agent(closeDeploy, { tenantId, slot });
      }
    },
  };
}
