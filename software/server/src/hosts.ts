import type { ServerHooks, TenantPlace } from "@holdfast/framework/http/hooks";
import type { Host } from "@holdfast/framework/http/listener";
import type { Tenant } from "@holdfast/framework/http/route";
import type { PasswordHasher } from "@holdfast/framework/identity/hasher";
import { passwordHasher } from "@holdfast/framework/identity/hasher";
import { ConnectionBudget } from "@holdfast/framework/sql/connection-budget";
import type { WebhookSender } from "@holdfast/framework/webhooks/send";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { AppSets } from "./app-sets.ts";
import { JobRounds } from "./job-rounds.ts";
import { type OpenTenant, openTenant } from "./open-tenant.ts";
import { OutgoingRounds } from "./outgoing-rounds.ts";
import { startSweeps } from "./sweeps.ts";
import { Wakes } from "./wakes.ts";

/** Tenants that one worker keeps open; the one asked for longest ago is closed for the next. */
const maxOpen = 100;
const httpsPort = 443;
/** Connections of one process to all databases together: two or three workers leave room below a cluster's 200. */
const maxConnections = 60;
const graceMilliseconds = 30_000;

export interface HostsOptions {
  readonly hooks: ServerHooks;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** To all databases together; {@link maxConnections} when absent. */
  readonly maxConnections?: number;
  /** How messages of webhooks leave; to public addresses alone when absent. */
  readonly webhooks?: WebhookSender;
  /** One thread for all passwords of this process; its own when absent. */
  readonly hasher?: PasswordHasher;
}

/** From host names to opened tenants: opened with the first request, closed when others need the room. */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #sets: AppSets;
  readonly #budget: ConnectionBudget;
  readonly #hasher: PasswordHasher;
  readonly #stopSweeps: () => void;
  readonly #outgoing: OutgoingRounds;
  readonly #jobs: JobRounds;
  readonly #open = new Map<string, Promise<OpenTenant>>();
  readonly #wakes: Wakes | undefined;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#sets = new AppSets(options.hooks);
    this.#budget = new ConnectionBudget(options.maxConnections ?? maxConnections);
    this.#hasher = options.hasher ?? passwordHasher();
    this.#outgoing = new OutgoingRounds(options.hooks, options.clock, options.log, options.webhooks);
    this.#jobs = new JobRounds(options.log);
    this.#stopSweeps = startSweeps(() => this.#tenants(), options.log);
    const { outgoing } = options.hooks;
    this.#wakes = outgoing && new Wakes(outgoing, (host) => this.find(host), options.log);
  }

  /** @param name - lower case, without port. Null: no database answers there. */
  async find(name: string): Promise<Host | null> {
    const place = await this.#options.hooks.findTenant(name);
    if (place === null) return null;
    const { port } = this.#options.hooks;
    const open = await this.#opened(place, `https://${name}${port === httpsPort ? "" : `:${port}`}`);
    this.#outgoing.soon(open.tenant);
    this.#jobs.add(open.tenant);
    return { tenant: open.tenant, routes: open.routes };
  }

  async close(): Promise<void> {
    this.#stopSweeps();
    await this.#wakes?.close();
    await Promise.all([this.#outgoing.close(), this.#jobs.close()]);
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    await Promise.all(open.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
    await this.#hasher.close();
  }

  async #tenants(): Promise<Tenant[]> {
    const open = await Promise.allSettled(this.#open.values());
    return open.flatMap((one) => (one.status === "fulfilled" ? [one.value.tenant] : []));
  }

  #opened(place: TenantPlace, baseUrl: string): Promise<OpenTenant> {
    // A restore gives a name to another database, an upgrade gives it other apps: another key, another tenant.
    const key = `${place.id} ${place.name} ${place.neutralized} ${place.keys ?? 0} ${place.apps.join(" ")}`;
    const opening = this.#open.get(key) ?? this.#openAnew(key, place, baseUrl);
    this.#open.delete(key);
    this.#open.set(key, opening);
    return opening;
  }

  #openAnew(key: string, place: TenantPlace, baseUrl: string): Promise<OpenTenant> {
    const opening = openTenant(place, {
      ...this.#options,
      baseUrl,
      sets: this.#sets,
      budget: this.#budget,
      hasher: this.#hasher,
      wrote: (tenant) => this.#outgoing.soon(tenant, true),
      jobWaits: (tenant) => this.#jobs.soon(tenant),
    });
    opening.catch(() => this.#open.delete(key));
    const [oldest] = this.#open.keys();
    if (this.#open.size >= maxOpen && oldest !== undefined) this.#closeOne(oldest);
    return opening;
  }

  /** No new request finds it; those under way have time to finish before its connections close. */
  #closeOne(key: string): void {
    const closing = this.#open.get(key);
    this.#open.delete(key);
    const close = async (): Promise<void> => {
      const open = await closing;
      if (open === undefined) return;
      this.#outgoing.forget(open.tenant);
      this.#jobs.forget(open.tenant);
      await open.close();
    };
    setTimeout(() => {
      close().catch((error: unknown) =>
        this.#options.log("warn", "a tenant was not closed in order", { error }),
      );
    }, graceMilliseconds).unref();
  }
}
