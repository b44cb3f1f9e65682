import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import type { Environment } from "../../model/environment.ts";
import { type FactorParts, factorKey } from "../factors/factor-parts.ts";
import { totpModel } from "../factors/models.ts";
import { openToken, sealToken } from "../sealed-token.ts";
import { openSecret, sealSecret } from "../secret-box.ts";
import { matchingStep } from "./totp.ts";

const secretBytes = 20;
const setUpSeconds = 900;

/** A secret that a person is about to put into their app; nothing is stored before a code of it was right. */
export interface OfferedSecret {
  readonly secret: Uint8Array;
  /** Sealed: travels in the form's hidden field, so that an abandoned set-up leaves nothing behind. */
  readonly token: string;
}

/** Makes a secret for one user; good for 15 minutes. */
export function offerSecret(parts: FactorParts, env: Environment, userId: number): OfferedSecret {
  const secret = env.random.bytes(secretBytes);
  const value = { secret: Buffer.from(secret).toString("base64url") };
  const token = sealToken(factorKey(parts), value, {
    purpose: offerOf(userId),
    nowMs: env.clock.now(),
    lifeSeconds: setUpSeconds,
    random: env.random,
  });
  return { secret, token };
}

/** @returns the secret of {@link offerSecret} again, to draw the page a second time; undefined when too old or another's. */
export function offeredSecret(
  parts: FactorParts,
  env: Environment,
  given: { readonly userId: number; readonly token: string },
): Uint8Array | undefined {
  const offered = openToken(factorKey(parts), given.token, {
    purpose: offerOf(given.userId),
    nowMs: env.clock.now(),
  });
  const secret = offered?.["secret"];
  return typeof secret === "string" ? Buffer.from(secret, "base64url") : undefined;
}

/**
 * Stores the app in the caller's transaction, in place of a former one.
 *
 * @throws ExpectedError `invalid` when the code is not one of the offered secret.
 */
export async function storeApp(
  parts: FactorParts,
  env: Environment,
  given: { readonly userId: number; readonly token: string; readonly code: string },
): Promise<void> {
  const secret = offeredSecret(parts, env, given);
  if (secret === undefined)
    throw new ExpectedError("invalid", "This page was open for too long.", { hint: "Start again." });
  const step = matchingStep(secret, given.code, { nowMs: env.clock.now(), lastStep: 0 });
  if (step === undefined)
    throw new ExpectedError("invalid", "The code is not right.", {
      hint: "Type the six digits that the app shows now. If they stay wrong, check the clock of your phone.",
    });
  const sealed = sealSecret(factorKey(parts), Buffer.from(secret).toString("base64url"), {
    purpose: secretOf(given.userId),
    random: env.random,
  });
  await env.system("store an authenticator app", async (system) => {
    const apps = system.of(totpModel);
    const old = await apps.search([["user_id", "=", given.userId]]);
    if (old.length > 0) await apps.unlink(old);
    await apps.create([{ user_id: given.userId, secret_sealed: sealed, last_step: step }]);
  });
}

/** Takes a code, once. @returns whether it was right and not used before; of two at once one is. */
export async function takeCode(parts: FactorParts, userId: number, code: string): Promise<boolean> {
  return parts.data.writing(publicActor, (env) =>
    env.system("check a code of an authenticator app", async (system) => {
      const apps = system.of(totpModel);
      const [app] = await apps.searchRead([["user_id", "=", userId]], ["secret_sealed", "last_step"], {
        limit: 1,
      });
      if (app === undefined) return false;
      const secret = openSecret(factorKey(parts), app.secret_sealed, secretOf(userId));
      if (secret === undefined) return false;
      const nowMs = system.clock.now();
      const given = { nowMs, lastStep: app.last_step };
      const step = matchingStep(Buffer.from(secret, "base64url"), code, given);
      if (step === undefined) return false;
      const now = Temporal.Instant.fromEpochMilliseconds(nowMs);
      await apps.write([app.id], { last_step: step, last_used_at: now });
      return true;
    }),
  );
}

function offerOf(userId: number): string {
  return `totp offer to ${userId}`;
}

function secretOf(userId: number): string {
  return `totp of ${userId}`;
}
