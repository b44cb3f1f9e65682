import { publicActor } from "../access/actor.ts";
import { cookieNames, hostCookie } from "../http/cookies.ts";
import type { Environment } from "../model/environment.ts";
import { authenticate } from "./authenticate.ts";
import { deviceDays, newDevice } from "./device-cookie.ts";
import type { NewSession, SignInAttempt } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { pendingMinutes, pendSignIn, takePending } from "./pending-sign-in.ts";
import { demandedFactors } from "./second-factor-demand.ts";
import { type EventOrigin, recordSignIn } from "./security-log.ts";
import { openSession, sessionKeyOf } from "./sessions.ts";
import { signInPolicy } from "./signin-policy.ts";

const secondsPerDay = 86_400;
/**
 * An OpenID provider lets in whoever has a session there, without asking: at an open screen anybody gets this far.
 * With a second step here, the method names it too.
 */
const wavedThrough = /^oidc:[^ ]*$/;

/** What was shown first, and found right. */
export interface FirstFactor {
  readonly userId: number;
  /** `res.users.credential_version` as it was read with what was checked. */
  readonly credentialVersion: number;
  /** `password`, `passkey`, `oidc:<provider>`, `ldap`. */
  readonly method: string;
}

/** Where a session is to be opened. */
export interface SignInOrigin extends EventOrigin {
  /** Key of the session that the browser had: it ends. */
  readonly replaces?: string;
  /** Path on this host to go on to; kept while a second factor is awaited. */
  readonly next?: string;
}

export type SignInOutcome =
  /** Unknown, wrong, disabled, or changed meanwhile: one answer. */
  | { readonly kind: "refused" }
  | { readonly kind: "opened"; readonly userId: number; readonly session: NewSession }
  /** Set the cookie and go on to `/web/login/factor`. */
  | { readonly kind: "factor"; readonly factors: readonly string[]; readonly cookies: readonly string[] };

/** The pipeline's first step by password: checked, then {@link proceedSignIn}. @throws ExpectedError `too_many`. */
export async function signIn(
  parts: IdentityParts,
  attempt: SignInAttempt,
  from: SignInOrigin,
): Promise<SignInOutcome> {
  const first = await authenticate(parts, { ...attempt, userAgent: from.userAgent });
  return first === null ? { kind: "refused" } : proceedSignIn(parts, first, from);
}

/**
 * The step after any right first factor: a second one is asked for, or the session opens. In one transaction with
 * the reading of what is demanded, and refused when the password or a factor was changed since it was checked.
 */
export async function proceedSignIn(
  parts: IdentityParts,
  first: FirstFactor,
  from: SignInOrigin,
): Promise<SignInOutcome> {
  return parts.data.writing(publicActor, async (env) => {
    const factors = await demandedFactors(env, first);
    if (factors.length === 0) return open(parts, env, { first, from });
    const pending = await pendSignIn(env, { first, factors, next: from.next ?? "/web" });
    return {
      kind: "factor",
      factors,
      cookies: [hostCookie(cookieNames.pending, pending, pendingMinutes * 60)],
    };
  });
}

/**
 * The last step: a second factor was right. Uses up the pending sign-in, in one transaction with the opening.
 *
 * @param by - name of the factor, for the log.
 */
export async function finishSignIn(
  parts: IdentityParts,
  given: { readonly pendingId: string; readonly by: string },
  from: SignInOrigin,
): Promise<SignInOutcome> {
  return parts.data.writing(publicActor, async (env) => {
    const pending = await takePending(env, given.pendingId);
    if (pending === null) return { kind: "refused" };
    const method = `${pending.first.method} + ${given.by}`;
    const outcome = await open(parts, env, { first: { ...pending.first, method }, from });
    if (outcome.kind !== "opened") return outcome;
    const { session } = outcome;
    const cookies = [...session.cookies, hostCookie(cookieNames.pending, "", 0)];
    return { ...outcome, session: { ...session, cookies } };
  });
}

async function open(
  parts: IdentityParts,
  env: Environment,
  { first, from }: { readonly first: FirstFactor; readonly from: SignInOrigin },
): Promise<SignInOutcome> {
  const { userId, method } = first;
  const policy = await signInPolicy(env);
  const { source, userAgent, replaces = "" } = from;
  const id = await openSession(env, userId, {
    source,
    userAgent,
    replaces,
    policy,
    credentialVersion: first.credentialVersion,
    unconfirmed: wavedThrough.test(method),
  });
  await recordSignIn(env, { outcome: id === null ? "refused" : "ok", userId, method, from });
  if (id === null) return { kind: "refused" };
  return { kind: "opened", userId, session: newSession(parts, userId, { id, hours: policy.session_hours }) };
}

/** The cookies of a session that was opened. */
export function newSession(
  parts: IdentityParts,
  userId: number,
  { id, hours }: { readonly id: string; readonly hours: number },
): NewSession {
  const device = newDevice(parts.key("devices"), userId, { nowMs: parts.clock.now(), random: parts.random });
  return {
    id,
    sessionKey: sessionKeyOf(id),
    cookies: [
      hostCookie(cookieNames.session, id, hours * 3_600),
      hostCookie(cookieNames.device, device, deviceDays * secondsPerDay),
    ],
  };
}
