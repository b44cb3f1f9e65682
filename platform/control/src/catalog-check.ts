import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { Database } from "@holdfast/panel/database";
import type { OutputOf } from "@holdfast/protocol/method";
import type { checkCatalogs } from "@holdfast/protocol/retention-methods";
import { auditCatalog } from "@holdfast/protocol/vault-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

type CatalogFinding = OutputOf<typeof checkCatalogs>["findings"][number];

/** Compares the vaults with the signed catalogs of one customer, or of all one after the other. */
export async function auditCustomers(
  parts: Pick<Parts, "data" | "agent">,
  { customer, signal }: { readonly customer?: string | undefined; readonly signal: AbortSignal },
): Promise<OutputOf<typeof checkCatalogs>> {
  const named = customer === undefined ? [] : ([["name", "=", customer]] as const);
  const databases = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead([["neutralized", "=", false], ...named], ["name", "tenant_id"]);
  const findings: CatalogFinding[] = [];
  let backups = 0;
  for (const { name, tenant_id } of databases) {
    const tenantId = present(parseId<"tenant">(tenant_id), "a tenant id");
    const audit = await parts.agent(auditCatalog, { tenantId }, { signal });
    backups += Math.max(0, ...audit.catalogs.map((catalog) => catalog.backups.length));
    findings.push(
      ...audit.findings.map(({ backupId = null, ...finding }) => ({ ...finding, customer: name, backupId })),
    );
  }
  return { customers: databases.length, backups, findings };
}
