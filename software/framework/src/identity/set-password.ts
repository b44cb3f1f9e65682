import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { Environment } from "../model/environment.ts";
import { endOtherSessions } from "./credential-change.ts";
import type { SetPasswordOptions } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { usersModel } from "./models.ts";
import { acceptedPassword } from "./password-policy.ts";
import { providerOfUser } from "./providers/external-user.ts";
import { recordSecurityEvent } from "./security-log.ts";
import { minimumLength, signInPolicy } from "./signin-policy.ts";

/**
 * Sets a password: checked, hashed outside the transaction, stored; the user's other sessions end, their reset
 * links and, unless told otherwise, their API keys die in the same transaction.
 *
 * @param alsoInside - more to do in that transaction (using up the reset link).
 * @throws ExpectedError `invalid`, `not_found`, `too_many`. Source: claims PWD-1, PWD-2, PWD-5.
 */
export async function setPassword(
  parts: IdentityParts,
  userId: number,
  given: SetPasswordOptions & { readonly password: string },
): Promise<void> {
  const env = parts.data.reading(publicActor);
  const [policy, user] = await Promise.all([signInPolicy(env), nameOf(env, userId)]);
  const least = await minimumLength(env, userId, policy);
  if (user === undefined) throw new ExpectedError("not_found", "This user does not exist, or is archived.");
  if ((await providerOfUser(env, userId)) !== null)
    throw new ExpectedError("invalid", "This account signs in elsewhere and has no password here.", {
      hint: "Use the other button on the sign-in page.",
    });
  const password = acceptedPassword(given.password, {
    minimumLength: least,
    words: [user.login, user.name, parts.tenantName, "holdfast", ...(policy.blocked_words ?? "").split("\n")],
  });
  const hash = await parts.hasher.hash(password, policy.pbkdf2_rounds);
  await parts.data.writing(publicActor, async (writing) => {
    await given.alsoInside?.(writing);
    await writing.system("set a password", async (system) => {
      const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
      await system.of(usersModel).write([userId], { password_hash: hash, password_date: now });
      const { keepSessionKey, endApiKeys = true, method = "code", from } = given;
      await endOtherSessions(system, userId, { endApiKeys, ...(keepSessionKey && { keepSessionKey }) });
      await recordSecurityEvent(system, { event: "password_changed", outcome: "ok", userId, method, from });
    });
  });
}

async function nameOf(env: Environment, userId: number) {
  const [user] = await env.system("find whose password is set", (system) =>
    system.of(usersModel).searchRead(
      [
        ["id", "=", userId],
        ["active", "=", true],
      ],
      ["login", "name"],
      { limit: 1 },
    ),
  );
  return user;
}
