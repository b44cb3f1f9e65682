import type { Tenant } from "@holdfast/framework/http/route";
import type { Log } from "@holdfast/kernel/log";

const everyMilliseconds = 3_600_000;

/**
 * Removes what has ended in the open tenants (sessions, counts of tries), every hour. Workers may do it at once.
 *
 * @returns a function that stops it.
 */
export function startSweeps(opened: () => Promise<readonly Tenant[]>, log: Log): () => void {
  const round = async (): Promise<void> => {
    for (const tenant of await opened())
      await tenant.identity
        .sweep()
        .catch((error: unknown) => log("warn", "a sweep failed", { tenant: tenant.name, error }));
  };
  const timer = setInterval(() => {
    round().catch((error: unknown) => log("error", "the sweeps failed", { error }));
  }, everyMilliseconds);
  return () => clearInterval(timer);
}
