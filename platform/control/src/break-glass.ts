import { createAdministrator } from "@holdfast/app-base/create-user";
import { resetFactors } from "@holdfast/framework/identity/factors/reset-factors";
import { usersModel } from "@holdfast/framework/identity/models";
import type { TenantId } from "@holdfast/kernel/id";
import { controlActor } from "./actor.ts";
import { type AdministratorParts, givePassword } from "./administrator.ts";
import { ensureOperator } from "./operator.ts";
import type { Parts } from "./parts.ts";
import { withAdministration } from "./tenant-work.ts";

/**
 * The way in when no other is left: every administrator lost their devices, or the company's own sign-in is down.
 * Makes the login an active local administrator with a new password; factors, sessions, API keys and links to
 * other sign-ins end, and the former password in the same moment as what guarded it. Only who may run commands at the host gets here; it stands in the database's sign-in log.
 *
 * @returns the password.
 */
export async function breakGlass(
  parts: Parts,
  tenant: { readonly tenantId: TenantId; readonly name: string; readonly apps: readonly string[] },
  given: { readonly login: string; readonly operators: boolean },
): Promise<string> {
  parts.log("warn", "break-glass: an administrator is let in again", { database: tenant.name });
  if (given.operators) await ensureOperator(parts, tenant.tenantId, given.login);
  return withAdministration(parts, tenant, (administration) => letIn(administration, given.login));
}

/** The same in one database that is open. @returns the password. */
export async function letIn(administration: AdministratorParts, login: string): Promise<string> {
  const userId = await administration.data.writing(controlActor, async (env) => {
    const id = await createAdministrator(env, { login, name: login });
    await env.of(usersModel).write([id], { active: true, password_hash: null });
    await resetFactors(env, [id], { by: "operator at the host", unlink: true });
    return id;
  });
  return givePassword(administration, userId);
}
