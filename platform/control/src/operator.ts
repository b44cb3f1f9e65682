import { createUser } from "@holdfast/app-base/create-user";
import type { TenantId } from "@holdfast/kernel/id";
import { controlApps } from "@holdfast/panel/catalog";
import { controlActor } from "./actor.ts";
import { givePassword } from "./administrator.ts";
import type { Parts } from "./parts.ts";
import { withAdministration } from "./tenant-work.ts";

/** Makes an operator of the platform, or gives a known one a new password. @returns the password. */
export function ensureOperator(parts: Parts, controlTenantId: TenantId, login: string): Promise<string> {
  const tenant = { tenantId: controlTenantId, name: "panel", apps: controlApps };
  return withAdministration(parts, tenant, async (administration) => {
    const groups = ["panel.operator", "base.admin"];
    const userId = await administration.data.writing(controlActor, (env) =>
      createUser(env, { login, name: "Operator", groups }),
    );
    return givePassword(administration, userId);
  });
}
