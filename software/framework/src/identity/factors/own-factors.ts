import { publicActor } from "../../access/actor.ts";
import type { RouteRequest } from "../../http/route.ts";
import type { Environment } from "../../model/environment.ts";
import { endOtherSessions } from "../credential-change.ts";
import { factorEnforced } from "../second-factor-demand.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { factorsOf, hasFactor } from "./factors-of.ts";
import { passkeysModel, recoveryCodesModel, totpModel } from "./models.ts";

const maxShown = 50;

/** One factor as its owner sees it. */
export interface ShownFactor {
  /** `app-3`, `passkey-7`: what its form sends back. */
  readonly key: string;
  readonly name: string;
  readonly detail: string;
  readonly lastUsed: Temporal.Instant | null;
}

/** A person's factors. */
export async function ownFactors(env: Environment, userId: number): Promise<readonly ShownFactor[]> {
  const own = [["user_id", "=", userId]] as const;
  return env.system("show people their own second factors", async (system) => {
    const [apps, passkeys] = await Promise.all([
      system.of(totpModel).searchRead(own, ["name", "last_used_at"], { limit: 1 }),
      system.of(passkeysModel).searchRead(own, ["name", "backed_up", "last_used_at"], { limit: maxShown }),
    ]);
    return [
      ...passkeys.map((row) => ({
        key: `passkey-${row.id}`,
        name: row.name,
        detail: row.backed_up ? "Passkey, synced between your devices" : "Passkey on one device",
        lastUsed: row.last_used_at,
      })),
      ...apps.map((row) => ({
        key: `app-${row.id}`,
        name: row.name,
        detail: "Codes of six digits",
        lastUsed: row.last_used_at,
      })),
    ];
  });
}

/**
 * Removes one of the person's own factors; with the last one go the recovery codes. Other sessions end in the same
 * transaction, and API keys unless the person keeps them.
 *
 * @returns `last` when the person must have a factor and this is the only one: nothing is removed then.
 */
export async function removeFactor(
  request: RouteRequest,
  given: { readonly userId: number; readonly key: string; readonly endApiKeys: boolean },
): Promise<"removed" | "last" | "missing"> {
  const [, kind, id] = /^(app|passkey)-([1-9][0-9]{0,8})$/.exec(given.key) ?? [];
  if (kind === undefined) return "missing";
  return request.tenant.data.writing(publicActor, (env) =>
    env.system("people remove their own second factors", async (system) => {
      const { userId } = given;
      const model = system.of(kind === "app" ? totpModel : passkeysModel);
      const own = await model.search([
        ["id", "=", Number(id)],
        ["user_id", "=", userId],
      ]);
      if (own.length === 0) return "missing";
      const { app, passkeys } = await factorsOf(system, userId);
      if (Number(app) + passkeys === 1 && (await factorEnforced(system, userId))) return "last";
      await model.unlink(own);
      await dropRecoveryCodes(system, userId);
      const keepSessionKey = request.sessionKey;
      await endOtherSessions(system, userId, { keepSessionKey, endApiKeys: given.endApiKeys });
      const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
      const detail = `removed: ${kind}`;
      await recordSecurityEvent(system, {
        event: "factor_changed",
        outcome: "ok",
        userId,
        method: kind,
        from,
        detail,
      });
      return "removed";
    }),
  );
}

async function dropRecoveryCodes(system: Environment, userId: number): Promise<void> {
  if (hasFactor(await factorsOf(system, userId))) return;
  const codes = await system.of(recoveryCodesModel).search([["user_id", "=", userId]]);
  if (codes.length > 0) await system.of(recoveryCodesModel).unlink(codes);
}
