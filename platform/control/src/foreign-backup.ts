import { parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/**
 * Whether the people in a backup are others than those of the live database: of an import, unless its zip says that it
 * was this very customer's. Then lost rights stay lost, as with any backup that was never outside: else a download that
 * is taken in again would let people in who were switched off since. A zip that says so and lies gains nothing by it.
 */
export async function isForeign(
  { data }: Pick<Parts, "data">,
  { tenantId, backupId }: { readonly tenantId: TenantId; readonly backupId: number },
): Promise<boolean> {
  const [backup] = await data.reading(controlActor).of(Backup).read([backupId], ["origin", "origin_tenant"]);
  return backup?.origin === "imported" && parseId<"tenant">(backup.origin_tenant ?? "") !== tenantId;
}
