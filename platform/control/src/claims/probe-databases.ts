import type { DomainOf } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { isProbeName, probeEmail } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import type { DatabaseInScope } from "@holdfast/trust/claim";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { addCustomer } from "../handlers/customers.ts";
import { follow } from "../handlers/follow.ts";
import type { Parts } from "../parts.ts";

/** In which probes write; made at first need, by the same operation as any customer's, and kept. */
export const canaryName = "canary";
const maxDatabases = 10_000;

/** Every running database that promises are kept to: customers', copies, the canary; no scratch of saboteurs. */
export async function measuredDatabases(parts: Parts): Promise<DatabaseInScope[]> {
  const all = await runningDatabases(parts, []);
  return all.filter(({ name }) => name === canaryName || !isProbeName(name));
}

/** Running databases of these names. */
export async function databasesOfNames(parts: Parts, names: readonly string[]): Promise<DatabaseInScope[]> {
  const found = await runningDatabases(parts, [["name", "in", names]]);
  return names.flatMap((name) => found.find((database) => database.name === name) ?? []);
}

async function runningDatabases(
  { data }: Parts,
  domain: DomainOf<typeof Database>,
): Promise<DatabaseInScope[]> {
  const rows = await data
    .reading(controlActor)
    .of(Database)
    .searchRead(
      [...domain, ["state", "=", "running"]],
      ["name", "tenant_id", "apps", "neutralized", "create_date"],
      { limit: maxDatabases },
    );
  return rows.map((row) => ({
    name: row.name,
    tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id"),
    apps: row.apps as string[],
    neutralized: row.neutralized,
    createdAt: row.create_date,
  }));
}

/** The canary's database, made when it is not there. */
export async function ensureCanary(context: ControlContext, signal: AbortSignal): Promise<DatabaseInScope> {
  const [known] = await databasesOfNames(context.parts, [canaryName]);
  return known ?? makeProbeDatabase(context, canaryName, signal);
}

/** A database for probes alone, made by the same stored operation as any customer's. */
export async function makeProbeDatabase(
  context: ControlContext,
  name: string,
  signal: AbortSignal,
): Promise<DatabaseInScope> {
  const { parts, runner } = context;
  const wish = { name, plan: "free", email: probeEmail, demoData: false } as const;
  const operation = await addCustomer(context, wish);
  const { operationId } = await follow(operation, { parts, runner, signal, progress: () => undefined });
  // Nobody signs in there: the password is forgotten at once.
  context.secretOf(operationId);
  const [made] = await databasesOfNames(parts, [name]);
  return present(made, "the database that was just made");
}
