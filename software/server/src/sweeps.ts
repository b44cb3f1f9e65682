import { publicActor } from "@holdfast/framework/access/actor";
import { removeLeftPieces } from "@holdfast/framework/files/left-pieces";
import type { Tenant } from "@holdfast/framework/http/route";
import { sweepTrash } from "@holdfast/framework/model/trash/sweep";
import { sweepOnce } from "@holdfast/framework/remote/call-once";
import { sweepDeliveries } from "@holdfast/framework/webhooks/pump";
import type { Log } from "@holdfast/kernel/log";

const everyMilliseconds = 3_600_000;

/**
 * Removes what has ended in the open tenants (sessions, counts of tries, answers kept for a repeated call, deleted records, pieces of files that were never stored), every hour. Workers may do it at once.
 *
 * @returns a function that stops it.
 */
export function startSweeps(opened: () => Promise<readonly Tenant[]>, log: Log): () => void {
  const round = async (): Promise<void> => {
    for (const tenant of await opened())
      await Promise.all([
        tenant.identity.sweep(),
        sweepOnce(tenant.data, publicActor),
        sweepDeliveries(tenant),
        sweepTrash(tenant.data, publicActor),
        removeLeftPieces(tenant.filesDir, Date.now()),
      ]).catch((error: unknown) => log("warn", "a sweep failed", { tenant: tenant.name, error }));
  };
  const timer = setInterval(() => {
    round().catch((error: unknown) => log("error", "the sweeps failed", { error }));
  }, everyMilliseconds);
  return () => clearInterval(timer);
}
