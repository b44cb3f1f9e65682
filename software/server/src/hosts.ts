import type { ServerHooks, TenantPlace } from "@holdfast/framework/http/hooks";
import type { Host } from "@holdfast/framework/http/listener";
import type { Tenant } from "@holdfast/framework/http/route";
import type { PasswordHasher } from "@holdfast/framework/identity/hasher";
import { passwordHasher } from "@holdfast/framework/identity/hasher";
import { ConnectionBudget } from "@holdfast/framework/sql/connection-budget";
import type { WebhookSender } from "@holdfast/framework/webhooks/send";
import { present } from "@holdfast/kernel/assert";
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
/** Requests to a database that was closed for room, or is another one now, have this long to finish. */
const graceMilliseconds = 30_000;
/** How soon a database is let go whose customer was closed, or whose name went to another, when nobody visits. */
const lookMilliseconds = 5_000;

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

interface Opened {
  /** By which it was found. */
  readonly host: string;
  readonly opening: Promise<OpenTenant>;
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
  readonly #open = new Map<string, Opened>();
  readonly #wakes: Wakes | undefined;
  readonly #looks: NodeJS.Timeout;
  #look: Promise<void> | undefined;

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
    this.#looks = setInterval(() => {
      this.#look ??= this.#lookAgain()
        .catch((error: unknown) => options.log("warn", "what is open was not looked at again", { error }))
        .finally(() => {
          this.#look = undefined;
        });
    }, lookMilliseconds).unref();
  }

  /** @param name - lower case, without port. Null: no database answers there. */
  async find(name: string): Promise<Host | null> {
    const place = await this.#options.hooks.findTenant(name);
    if (place === null) return null;
    const open = await this.#opened(place, name);
    this.#outgoing.soon(open.tenant);
    this.#jobs.add(open.tenant);
    return { tenant: open.tenant, routes: open.routes };
  }

  async close(): Promise<void> {
    clearInterval(this.#looks);
    await this.#look;
    this.#stopSweeps();
    await this.#wakes?.close();
    await Promise.all([this.#outgoing.close(), this.#jobs.close()]);
    const open = await this.#settled();
    this.#open.clear();
    await Promise.all(open.map((one) => one.close()));
    await this.#hasher.close();
  }

  async #tenants(): Promise<Tenant[]> {
    return (await this.#settled()).map(({ tenant }) => tenant);
  }

  async #settled(): Promise<OpenTenant[]> {
    const open = await Promise.allSettled([...this.#open.values()].map(({ opening }) => opening));
    return open.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  #opened(place: TenantPlace, host: string): Promise<OpenTenant> {
    const key = keyOf(place);
    const known = this.#open.get(key) ?? { host, opening: this.#openAnew(key, place, host) };
    this.#open.delete(key);
    this.#open.set(key, known);
    return known.opening;
  }

  #openAnew(key: string, place: TenantPlace, host: string): Promise<OpenTenant> {
    const { port } = this.#options.hooks;
    const baseUrl = `https://${host}${port === httpsPort ? "" : `:${port}`}`;
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
    if (this.#open.size >= maxOpen && oldest !== undefined) this.#closeOne(oldest, graceMilliseconds);
    return opening;
  }

  /** Jobs, mails and streams of a customer that was closed end though nobody asks for it; those of one that moved go on there. */
  async #lookAgain(): Promise<void> {
    const open = [...this.#open].map(([key, { host }]) => ({ key, host }));
    if (open.length === 0) return;
    const places = await this.#options.hooks.findTenants(open.map(({ host }) => host));
    for (const [at, place] of places.entries()) {
      const { key, host } = present(open[at], "the host of an answer");
      if (place === null) this.#closeOne(key, 0);
      else if (keyOf(place) !== key) await this.#goOnThere(key, host);
    }
  }

  async #goOnThere(formerKey: string, host: string): Promise<void> {
    try {
      await this.find(host);
      this.#closeOne(formerKey, graceMilliseconds);
    } catch (error) {
      this.#options.log("warn", "what moved could not be opened there", { host, error });
    }
  }

  /** No new request finds it; those under way have time to finish before its connections close. */
  #closeOne(key: string, grace: number): void {
    const closing = this.#open.get(key)?.opening;
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
    }, grace).unref();
  }
}

/** A restore gives a name to another database, an upgrade gives it other apps: another key, another tenant. */
function keyOf({ id, name, neutralized, keys = 0, apps }: TenantPlace): string {
  return `${id} ${name} ${neutralized} ${keys} ${apps.join(" ")}`;
}
