import { parseId, type TenantId } from "@holdfast/kernel/id";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { holdCatalogs } from "@holdfast/protocol/vault-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** A legal hold as the signed catalogs carry it. */
export interface Hold {
  readonly since: string;
  readonly reason: string;
}

/** The hold on the customer of a database, as control knows it. */
export async function holdOf({ data }: Pick<Parts, "data">, databaseId: number): Promise<Hold | null> {
  const env = data.reading(controlActor);
  const [database] = await env.of(Database).read([databaseId], ["customer_id"]);
  if (database === undefined) return null;
  const [customer] = await env.of(Customer).read([database.customer_id.id], ["held_since", "hold_reason"]);
  if (customer?.held_since == null) return null;
  const since = customer.held_since.toString({ smallestUnit: "millisecond" });
  return { since, reason: customer.hold_reason ?? "" };
}

/**
 * Writes a customer's hold, or that there is none, into the signed catalogs of all its databases, where the agent sees
 * it and a rebuild finds it. A vault that is away is told when its catalogs are next compared.
 *
 * @returns vaults that could not be told.
 */
export async function signHold(parts: Pick<Parts, "data" | "agent">, customerId: number): Promise<string[]> {
  const databases = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead(
      [
        ["customer_id", "=", customerId],
        // A copy has no backups of its own, and expires.
        ["neutralized", "=", false],
      ],
      ["tenant_id"],
    );
  const left = new Set<string>();
  for (const { id, tenant_id } of databases) {
    const tenantId = parseId<"tenant">(tenant_id);
    if (tenantId === undefined) continue;
    const { failed } = await parts.agent(holdCatalogs, { tenantId, hold: await holdOf(parts, id) });
    for (const { vault } of failed) left.add(vault);
  }
  return [...left];
}

/** Makes the catalogs say of the hold what control knows; nothing to do where all say so. */
export async function matchHold(
  parts: Pick<Parts, "data" | "agent">,
  { databaseId, tenantId }: { readonly databaseId: number; readonly tenantId: TenantId },
  catalogs: readonly { readonly held?: { readonly since: string } | undefined }[],
): Promise<void> {
  const hold = await holdOf(parts, databaseId);
  if (catalogs.every(({ held }) => held?.since === hold?.since)) return;
  await parts.agent(holdCatalogs, { tenantId, hold });
}
