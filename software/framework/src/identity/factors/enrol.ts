import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import type { RouteRequest } from "../../http/route.ts";
import type { Environment } from "../../model/environment.ts";
import { endOtherSessions } from "../credential-change.ts";
import { usersModel } from "../models.ts";
import { type PasskeyOwner, registerPasskey, registrationOptions } from "../passkeys/register.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { offeredSecret, offerSecret, storeApp } from "../totp/totp-factor.ts";
import type { Enrolment } from "./enrolment-page.ts";
import { factorKey } from "./factor-parts.ts";
import { factorsOf, hasFactor } from "./factors-of.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";

/** By what a person set a factor up. */
export type EnrolledFactor = "app" | "passkey";

/** What the set-up page shows to one user; with the secret of the form before, when its code was wrong. */
export async function enrolmentOf(
  request: RouteRequest,
  userId: number,
): Promise<Pick<Enrolment, "login" | "secret" | "token" | "passkey">> {
  const env = request.tenant.data.reading(publicActor);
  const owner = await ownerOf(env, userId);
  const token = request.form["token"] ?? "";
  const before = offeredSecret(request.tenant, env, { userId, token });
  const offered = before === undefined ? offerSecret(request.tenant, env, userId) : { secret: before, token };
  const passkey = await registrationOptions(request.tenant, env, { owner, binding: request.csrfToken() });
  return { login: owner.login, ...offered, passkey };
}

/**
 * Stores what the form of the set-up page says.
 *
 * @param keepSessionKey - the session that goes on; absent: nothing ends, the sign-in under way opens the first one.
 * @returns recovery codes, when the person had none.
 * @throws ExpectedError `invalid`.
 */
export async function enrol(
  request: RouteRequest,
  given: { readonly userId: number; readonly factor: EnrolledFactor; readonly keepSessionKey?: string },
): Promise<readonly string[]> {
  const { tenant, form } = request;
  const { userId, factor, keepSessionKey } = given;
  const owner = await ownerOf(tenant.data.reading(publicActor), userId);
  const passkey = {
    owner,
    answer: form["answer"] ?? "",
    binding: request.csrfToken(),
    name: (form["name"] ?? "").trim().slice(0, 100) || "Passkey",
  };
  // Challenges are used up in a transaction of their own, so what needs one comes before ours begins.
  const verified = factor === "passkey" ? await registerPasskey(tenant, passkey) : undefined;
  return tenant.data.writing(publicActor, async (env) => {
    if (keepSessionKey === undefined) await stillNone(env, userId);
    if (verified !== undefined) await verified.store(env);
    else await storeApp(tenant, env, { userId, token: form["token"] ?? "", code: form["code"] ?? "" });
    const { recoveryCodes } = await factorsOf(env, userId);
    const codes = recoveryCodes > 0 ? [] : await makeRecoveryCodes(env, factorKey(tenant), userId);
    if (keepSessionKey !== undefined)
      await endOtherSessions(env, userId, { keepSessionKey, endApiKeys: false });
    const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
    const detail = `added: ${factor}`;
    await recordSecurityEvent(env, {
      event: "factor_changed",
      outcome: "ok",
      userId,
      method: factor,
      from,
      detail,
    });
    return codes;
  });
}

/** In the transaction: of two who set up the first factor at once, one may only know the password. */
async function stillNone(env: Environment, userId: number): Promise<void> {
  if (hasFactor(await factorsOf(env, userId)))
    throw new ExpectedError("invalid", "This account has a second factor by now.", {
      hint: "Sign in again.",
    });
}

async function ownerOf(env: Environment, userId: number): Promise<PasskeyOwner> {
  const [user] = await env.system("find whose second factor is set up", (system) =>
    system.of(usersModel).searchRead([["id", "=", userId]], ["login", "name"], { limit: 1 }),
  );
  if (user === undefined) throw new ExpectedError("not_found", "This user does not exist, or is archived.");
  return { userId: user.id, login: user.login, name: user.name };
}
