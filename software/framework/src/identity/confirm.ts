import { publicActor } from "../access/actor.ts";
import type { Environment } from "../model/environment.ts";
import { authenticate } from "./authenticate.ts";
import type { ConfirmedSession, SignInAttempt } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { recordSecurityEvent } from "./security-log.ts";
import { confirmSession } from "./session-check.ts";

/**
 * Asks a signed-in person for their password again; throttled and logged like a sign-in.
 *
 * @returns values for `set-cookie`, or null when it is not right. @throws ExpectedError `too_many`.
 */
export async function confirmByPassword(
  parts: IdentityParts,
  attempt: SignInAttempt,
  session: ConfirmedSession,
): Promise<readonly string[] | null> {
  const first = await authenticate(parts, {
    ...attempt,
    login: session.userId,
    keys: false,
    userAgent: session.from.userAgent,
  });
  if (first === null) return null;
  return parts.data.writing(publicActor, (env) => confirmedBy(env, session, first.method));
}

/** After a password or factor that the caller has found right, in the caller's transaction: see `Identity.confirmed`. */
export async function confirmedBy(
  env: Environment,
  { userId, sessionKey, from }: ConfirmedSession,
  by: string,
): Promise<readonly string[]> {
  const cookies = await confirmSession(env, sessionKey);
  await recordSecurityEvent(env, { event: "confirmation", outcome: "ok", userId, method: by, from });
  return cookies;
}
