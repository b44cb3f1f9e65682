import { openData } from "@holdfast/framework/model/data-source";
import type { DataSource } from "@holdfast/framework/model/environment";
import { type Database, openDatabase } from "@holdfast/framework/sql/database";
import { systemClock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import { Catalog, controlApps } from "@holdfast/panel/catalog";
import { defaultApps } from "@holdfast/panel/request";
import { openTenant } from "@holdfast/protocol/agent-methods";
import { showCustomer } from "@holdfast/protocol/control-methods";
import type { Installation } from "./installation.ts";

/** Its own connections go with it. */
export type OpenedData = DataSource & { close(): Promise<void> };

type Work<T> = (data: DataSource, database: Database) => Promise<T>;

/** A customer's data as its server opens it, until it is closed. */
export async function openCustomerData(installation: Installation, name: string): Promise<OpenedData> {
  const { tenantId } = await installation.askControl(showCustomer, { name });
  return (await opened(installation, tenantId, defaultApps)).data;
}

/** The same for one piece of work. */
export async function withCustomerData<T>(
  installation: Installation,
  name: string,
  work: Work<T>,
): Promise<T> {
  const { tenantId } = await installation.askControl(showCustomer, { name });
  return during(await opened(installation, tenantId, defaultApps), work);
}

/** Opens the control database as control itself does; control need not run. */
export async function withControlData<T>(installation: Installation, work: Work<T>): Promise<T> {
  return during(await opened(installation, installation.config.controlTenantId, controlApps), work);
}

async function during<T>({ data, database }: Awaited<ReturnType<typeof opened>>, work: Work<T>): Promise<T> {
  try {
    return await work(data, database);
  } finally {
    await data.close();
  }
}

async function opened(installation: Installation, tenantId: TenantId, apps: readonly string[]) {
  const { connection } = await installation.askAgent(openTenant, { tenantId });
  const database = openDatabase({ ...connection, maxConnections: 3, applicationName: "fault test" });
  const registry = new Catalog({ outboxDir: null }).registry(apps);
  return { data: openData({ database, registry, clock: systemClock }), database };
}
