import type { Environment } from "../../model/environment.ts";
import { endSessionsOfUsers, maxUsersAtOnce } from "../credential-change.ts";
import { externalIdentitiesModel } from "../providers/models.ts";
import { actorName, recordSecurityEvents } from "../security-log.ts";
import { passkeysModel, recoveryCodesModel, totpModel } from "./models.ts";

interface Given {
  readonly by: "administrator" | "operator at the host";
  readonly unlink?: boolean;
}

/**
 * Removes all second factors of users, for who lost every device: sessions and API keys end with them. Whoever must
 * have a factor sets a new one up at the next sign-in. As many statements for many as for one, up to
 * {@link maxUsersAtOnce}.
 *
 * The caller has asked whether that may be. In the caller's transaction.
 *
 * @param given.by - in whose name, for the log.
 * @param given.unlink - also forget who they are elsewhere, so that a local password may be set: break-glass.
 */
export async function resetFactors(
  env: Environment,
  userIds: readonly number[],
  given: Given,
): Promise<void> {
  for (let at = 0; at < userIds.length; at += maxUsersAtOnce)
    await resetSome(env, userIds.slice(at, at + maxUsersAtOnce), given);
}

async function resetSome(env: Environment, userIds: readonly number[], given: Given): Promise<void> {
  await env.system("reset a user's second factors", async (system) => {
    const models = [totpModel, passkeysModel, recoveryCodesModel];
    for (const model of given.unlink ? [...models, externalIdentitiesModel] : models) {
      const own = await system.model(model.name).search([["user_id", "in", userIds]]);
      if (own.length > 0) await system.model(model.name).unlink(own);
    }
    await endSessionsOfUsers(system, userIds, { endApiKeys: true });
    const by = given.by === "administrator" ? `the administrator ${await actorName(env)}` : `the ${given.by}`;
    const detail = `all second factors removed by ${by}`;
    await recordSecurityEvents(
      system,
      userIds.map((userId) => ({ event: "factor_changed", outcome: "ok", userId, method: "reset", detail })),
    );
  });
}
