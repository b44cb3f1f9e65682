import { removeLeftPieces } from "@holdfast/framework/files/left-pieces";
import type { ServerHooks, TenantAccess, TenantPlace } from "@holdfast/framework/http/hooks";
import type { Tenant } from "@holdfast/framework/http/route";
import type { RouteTable } from "@holdfast/framework/http/route-table";
import { createIdentity } from "@holdfast/framework/identity/create-identity";
import type { PasswordHasher } from "@holdfast/framework/identity/hasher";
import { openData } from "@holdfast/framework/model/data-source";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { ConnectionBudget } from "@holdfast/framework/sql/connection-budget";
import { openDatabase } from "@holdfast/framework/sql/database";
import { checkSchema } from "@holdfast/framework/sql/schema/apply";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { fileKeyPurpose } from "@holdfast/kernel/sealed-stream";
import { allKeysFor, keyFor } from "@holdfast/kernel/tenant-keys";
import type { AppSets } from "./app-sets.ts";

export interface OpenTenant {
  readonly tenant: Tenant;
  readonly routes: RouteTable;
  close(): Promise<void>;
}

/** Tells after each committed transaction, also of those that a single request's source carries out. */
function telling(inner: DataSource, wrote: () => void): DataSource {
  return {
    ...inner,
    writing: async (actor, work, options) => {
      const result = await inner.writing(actor, work, options);
      wrote();
      return result;
    },
    oneRequest: (confirmed) => telling(inner.oneRequest(confirmed), wrote),
    provided(witness) {
      const { data, stands } = inner.provided(witness);
      return { data: telling(data, wrote), stands };
    },
  };
}

export interface OpeningParts {
  readonly hooks: Pick<ServerHooks, "openTenant" | "privateNetworks">;
  readonly sets: AppSets;
  readonly hasher: PasswordHasher;
  readonly baseUrl: string;
  /** Shared by all tenants of this process. */
  readonly budget: ConnectionBudget;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called after each committed transaction. */
  wrote(tenant: Tenant): void;
  /** Called when a job was asked for. */
  jobWaits(tenant: Tenant): void;
}

/** Asked for again at most so often: a damaged file opens under no key, however often it is read. */
const askAgainMilliseconds = 2_000;
/**
 * What is sealed under keys that were told longer ago may lie under one that is destroyed. Far below the time that the
 * agent keeps a former key after a change: what a request stores in between is found and sealed anew.
 */
const trustedMilliseconds = 300_000;

/** A tenant's keys, which change while it is open. */
class Keys {
  now: TenantAccess;
  readonly #ask: () => Promise<TenantAccess>;
  readonly #clock: Clock;
  #askedAt: number;
  /** When the question was put that `now` is the answer to. */
  #toldAt: number;

  constructor(now: TenantAccess, ask: () => Promise<TenantAccess>, clock: Clock) {
    this.now = now;
    this.#ask = ask;
    this.#clock = clock;
    this.#askedAt = clock.now() - askAgainMilliseconds;
    this.#toldAt = clock.now();
  }

  /** Those that were known, when nobody can be asked. @throws ExpectedError `unavailable` when that is too long ago. */
  async afresh(): Promise<TenantAccess> {
    const askedAt = this.#clock.now();
    if (askedAt - this.#askedAt >= askAgainMilliseconds) {
      this.#askedAt = askedAt;
      const told = await this.#ask().catch(() => undefined);
      if (told !== undefined) {
        this.now = told;
        this.#toldAt = askedAt;
      }
    }
    if (this.#clock.now() - this.#toldAt <= trustedMilliseconds) return this.now;
    throw new ExpectedError("unavailable", "Files cannot be stored or read at the moment.", {
      hint: "Try again in some minutes.",
    });
  }
}

/**
 * Opens one tenant for requests: its database with its own role, its registry, its keys.
 *
 * @throws ExpectedError `unavailable` on a schema that this version does not know.
 */
export async function openTenant(place: TenantPlace, parts: OpeningParts): Promise<OpenTenant> {
  const [access, set] = await Promise.all([parts.hooks.openTenant(place.id), parts.sets.of(place.apps)]);
  const { clock, random, log } = parts;
  const { caFile, ...connection } = access.connection;
  const database = openDatabase({
    ...connection,
    caFile: caFile === "" ? null : caFile,
    applicationName: "server",
    budget: parts.budget,
    log,
  });
  try {
    await checkSchema(database, set.registry);
  } catch (error) {
    await database.close();
    throw error;
  }
  const inner = openData({ database, registry: set.registry, clock, random, log });
  const data = telling(inner, () => parts.wrote(tenant));
  // What a killed server left of files that came in; every hour once more, see sweeps.ts.
  removeLeftPieces(access.filesDir, clock.now()).catch((error: unknown) =>
    log("warn", "left pieces of files could not be removed", { tenant: place.name, error }),
  );
  const keys = new Keys(access, () => parts.hooks.openTenant(place.id), clock);
  const key = (purpose: string): Uint8Array => keyFor(keys.now, purpose);
  const reach = { neutralized: place.neutralized, privateNetworks: parts.hooks.privateNetworks === true };
  const identity = createIdentity({
    data,
    reach,
    tenantName: place.name,
    key,
    hasher: parts.hasher,
    clock,
    random,
    log,
  });
  const tenant: Tenant = {
    id: place.id,
    name: place.name,
    ...reach,
    filesDir: access.filesDir,
    baseUrl: parts.baseUrl,
    data,
    identity,
    key,
    fileKeys: async (afresh) => allKeysFor(afresh ? await keys.afresh() : keys.now, fileKeyPurpose),
    jobWaits: () => parts.jobWaits(tenant),
  };
  return {
    tenant,
    routes: set.routes,
    close: async () => {
      await identity.settle();
      await data.close();
    },
  };
}
