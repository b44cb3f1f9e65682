import type { Environment } from "../../model/environment.ts";
import { endOtherSessions } from "../credential-change.ts";
import { externalIdentitiesModel } from "../providers/models.ts";
import { actorName, recordSecurityEvent } from "../security-log.ts";
import { passkeysModel, recoveryCodesModel, totpModel } from "./models.ts";

/**
 * Removes all second factors of a user, for who lost every device: sessions and API keys end with them. Whoever must
 * have a factor sets a new one up at the next sign-in.
 *
 * The caller has asked whether that may be. In the caller's transaction.
 *
 * @param given.by - in whose name, for the log.
 * @param given.unlink - also forget who they are elsewhere, so that a local password may be set: break-glass.
 */
export async function resetFactors(
  env: Environment,
  userId: number,
  given: { readonly by: "administrator" | "operator at the host"; readonly unlink?: boolean },
): Promise<void> {
  await env.system("reset a user's second factors", async (system) => {
    const models = [totpModel, passkeysModel, recoveryCodesModel];
    for (const model of given.unlink ? [...models, externalIdentitiesModel] : models) {
      const own = await system.model(model.name).search([["user_id", "=", userId]]);
      if (own.length > 0) await system.model(model.name).unlink(own);
    }
    await endOtherSessions(system, userId, { endApiKeys: true });
    const by = given.by === "administrator" ? `the administrator ${await actorName(env)}` : `the ${given.by}`;
    const detail = `all second factors removed by ${by}`;
    await recordSecurityEvent(system, {
      event: "factor_changed",
      outcome: "ok",
      userId,
      method: "reset",
      detail,
    });
  });
}
