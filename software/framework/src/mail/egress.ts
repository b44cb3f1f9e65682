import type { Tenant } from "../http/route.ts";

/**
 * The one gate through which anything leaves a database (mail now; web calls, payments, schedules later).
 * A neutralized copy sends nothing, whatever its queue holds. Source: claim BAK-5.
 */
export function egressAllowed(tenant: Pick<Tenant, "neutralized">): boolean {
  return !tenant.neutralized;
}
