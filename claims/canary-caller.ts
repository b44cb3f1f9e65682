import { createIdentity } from "@holdfast/framework/identity/create-identity";
import { passwordHasher } from "@holdfast/framework/identity/hasher";
import type { Identity } from "@holdfast/framework/identity/identity";
import { apiKeysModel, usersModel } from "@holdfast/framework/identity/models";
import type { DataSource } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { probeEmail } from "@holdfast/panel/customer";
import type { DatabaseInScope, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import type { Visited } from "@holdfast/trust/visitor";

/** A user of a database made for probes, with an API key that lives as long as the probe. */
export interface CanaryCaller {
  readonly userId: number;
  readonly key: string;
  /** The database's name, as the remote API wants it. */
  readonly database: string;
  /** Calls a method through the door for new programs. */
  call(model: string, method: string, input: unknown): Promise<Visited>;
}

const keyName = "probe";

/**
 * Lends a caller in a probe's own database for the block alone; keys of killed probes go with the next.
 *
 * @param claim - for whom; goes into the log.
 */
export function asCanaryCaller<T>(
  context: ProbeContext,
  { database, claim }: { readonly database: DatabaseInScope; readonly claim: string },
  block: (caller: CanaryCaller, tenant: OpenedTenant) => Promise<T>,
): Promise<T> {
  return context.within(database, async (tenant) => {
    const userId = await administratorOf(tenant.data, claim);
    const { name } = tenant;
    await removeKeys(tenant.data, claim);
    try {
      const apiKey = await withIdentity(context, tenant, (identity) =>
        identity.createApiKey(userId, keyName, { days: 1 }),
      );
      const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
      const call: CanaryCaller["call"] = (model, method, input) =>
        context.visitor(`${context.urlOf(name)}/json/2/${model}/${method}`, {
          method: "POST",
          headers,
          body: JSON.stringify(input),
          signal: context.signal,
        });
      return await block({ userId, key: apiKey, database: name, call }, tenant);
    } finally {
      await removeKeys(tenant.data, claim);
    }
  });
}

/** Who is who in one database, as its server knows it, for the block alone. */
export async function withIdentity<T>(
  { clock, random, log }: Pick<ProbeContext, "clock" | "random" | "log">,
  { data, name, key }: OpenedTenant,
  block: (identity: Identity) => Promise<T>,
): Promise<T> {
  const hasher = passwordHasher();
  try {
    return await block(createIdentity({ data, tenantName: name, key, hasher, clock, random, log }));
  } finally {
    await hasher.close();
  }
}

/** The user that probes work as; a copy of a customer's database has none, then it is the first active one. */
export async function administratorOf(data: DataSource, claim: string): Promise<number> {
  const users = data.reading(probeActor(claim)).of(usersModel);
  const [probe] = await users.search([["login", "=", probeEmail]], { limit: 1 });
  if (probe !== undefined) return probe;
  const [first] = await users.search([["active", "=", true]], { order: "id", limit: 1 });
  return present(first, "a user of the database");
}

function removeKeys(data: DataSource, claim: string): Promise<void> {
  return data.writing(probeActor(claim), async (env) => {
    const keys = env.of(apiKeysModel);
    const ids = await keys.search([["name", "=", keyName]], { limit: 100 });
    if (ids.length > 0) await keys.unlink(ids);
  });
}
