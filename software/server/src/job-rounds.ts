import type { Tenant } from "@holdfast/framework/http/route";
import { runJobs, sweepJobs } from "@holdfast/framework/jobs/job-queue";
import type { Log } from "@holdfast/kernel/log";

/** What another worker left behind is looked for this often in each open tenant. */
const sweepMilliseconds = 30_000;

/** Runs the jobs of open tenants: at once when one is asked for here, and in slow rounds for what was left behind. */
export class JobRounds {
  readonly #log: Log;
  readonly #tenants = new Map<string, Tenant>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #sweep: NodeJS.Timeout;

  constructor(log: Log) {
    this.#log = log;
    this.#sweep = setInterval(() => {
      for (const tenant of this.#tenants.values()) this.#round(tenant, sweepJobs(tenant.data));
    }, sweepMilliseconds);
  }

  /** From now on its jobs are run here. */
  add(tenant: Tenant): void {
    this.#tenants.set(tenant.id, tenant);
  }

  /** A job waits. */
  soon(tenant: Tenant): void {
    this.add(tenant);
    this.#round(tenant);
  }

  /** Another one of the same id goes on: its key or its apps were changed. */
  forget(tenant: Tenant): void {
    if (this.#tenants.get(tenant.id) !== tenant) return;
    this.#tenants.delete(tenant.id);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#tenants.clear();
    await Promise.all(this.#running.values());
  }

  #round(tenant: Tenant, before: Promise<unknown> = Promise.resolve()): void {
    if (this.#running.has(tenant.id)) return void this.#again.add(tenant.id);
    const round = before
      .then(() => runJobs(tenant))
      .then(
        () => undefined,
        (error: unknown) => this.#log("warn", "jobs could not be run", { tenant: tenant.name, error }),
      )
      .finally(() => {
        this.#running.delete(tenant.id);
        if (this.#again.delete(tenant.id) && this.#tenants.has(tenant.id)) this.#round(tenant);
      });
    this.#running.set(tenant.id, round);
  }
}
