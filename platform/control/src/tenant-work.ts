import { nameFirstCompany } from "@holdfast/app-base/base-data";
import { createAdministrator } from "@holdfast/app-base/create-user";
import type { DataSource } from "@holdfast/framework/model/environment";
import { installApps, loadDemo, neutralize } from "@holdfast/framework/modules/install";
import type { TenantId } from "@holdfast/kernel/id";
import { keysIn, openTenant } from "@holdfast/protocol/agent-methods";
import { controlActor } from "./actor.ts";
import { type AdministratorParts, givePassword, inviteUser } from "./administrator.ts";
import type { Parts } from "./parts.ts";

/** A customer's database to be filled for its first day. */
export interface FirstDay {
  readonly tenantId: TenantId;
  readonly name: string;
  readonly apps: readonly string[];
  readonly login: string;
  readonly demoData: boolean;
  readonly invite: boolean;
}

/**
 * Base data, the administrator, on wish data to play with. Safe to run twice: what is there stays.
 *
 * @returns the administrator's generated password; undefined when an invitation was mailed instead.
 */
export function prepareTenant(parts: Parts, day: FirstDay): Promise<string | undefined> {
  return withAdministration(parts, day, async (administration) => {
    const { data } = administration;
    await installApps(data);
    const userId = await ensureAdministrator(data, day.login);
    if (day.demoData) await loadDemo(data);
    await data.writing(controlActor, (env) => nameFirstCompany(env, day.name));
    if (!day.invite) return givePassword(administration, userId);
    await inviteUser(administration, userId);
    return undefined;
  });
}

/** A new password for a customer's administrator; sessions and the old password end. */
export function resetAdministrator(
  parts: Parts,
  tenant: { readonly tenantId: TenantId; readonly name: string; readonly apps: readonly string[] },
  login: string,
): Promise<string> {
  return withAdministration(parts, tenant, async (administration) => {
    const userId = await ensureAdministrator(administration.data, login);
    return givePassword(administration, userId);
  });
}

/** Makes a copy harmless, before its address opens. Claim BAK-5. */
export function neutralizeTenant(
  parts: Parts,
  tenant: { readonly tenantId: TenantId; readonly apps: readonly string[] },
): Promise<void> {
  return parts.tenants.withData(tenant.tenantId, tenant.apps, neutralize);
}

/** Opens a tenant with its key, for what must hash or sign on its behalf. */
export async function withAdministration<T>(
  parts: Parts,
  tenant: { readonly tenantId: TenantId; readonly name: string; readonly apps: readonly string[] },
  block: (administration: AdministratorParts) => Promise<T>,
): Promise<T> {
  const keys = keysIn(await parts.agent(openTenant, { tenantId: tenant.tenantId }));
  const { clock, random, log } = parts;
  return parts.tenants.withData(tenant.tenantId, tenant.apps, (data) =>
    block({ data, ...keys, tenantName: tenant.name, clock, random, log }),
  );
}

function ensureAdministrator(data: DataSource, login: string): Promise<number> {
  return data.writing(controlActor, (env) => createAdministrator(env, { login, name: "Administrator" }));
}
