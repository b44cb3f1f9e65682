import { ExpectedError } from "@holdfast/kernel/errors";
import { type Actor, publicActor } from "../access/actor.ts";
import { cookieNames, hostCookie } from "../http/cookies.ts";
import type { DataSource } from "../model/environment.ts";
import { Actors } from "./actors.ts";
import { createApiKey, findApiKey, looksLikeApiKey } from "./api-keys.ts";
import { authenticate } from "./authenticate.ts";
import { CallLimits, uncountedUntilMs } from "./call-limit.ts";
import { confirmByPassword, confirmedBy } from "./confirm.ts";
import { genuineDevice } from "./device-cookie.ts";
import { sweepUsedTokens } from "./factors/use-once.ts";
import { fewAtOnce, oneByOne } from "./few-at-once.ts";
import { holdUps } from "./hold-up.ts";
import type { CheckedSession, Identity, NewSession, SignInAttempt } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { findPending, sweepPending } from "./pending-sign-in.ts";
import { invite, requestReset } from "./reset-mail.ts";
import { demandedFactors } from "./second-factor-demand.ts";
import { recordSignIn, sweepSecurityLog } from "./security-log.ts";
import { checkSession } from "./session-check.ts";
import { endSession, endSessionsOf, openSession, sweepSessions } from "./sessions.ts";
import { setPassword } from "./set-password.ts";
import { finishSignIn, newSession, proceedSignIn, signIn } from "./sign-in.ts";
import { requestSignUp } from "./sign-up/ask-sign-up.ts";
import { makeAccount } from "./sign-up/make-account.ts";
import { sweepSignUps } from "./sign-up/sweep-sign-ups.ts";
import { signInPolicy } from "./signin-policy.ts";
import { Standings } from "./standing.ts";
import { sweepThrottle } from "./throttle.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

/** Puts identity together for one tenant. Keeps no answer about who is who; see {@link Identity}. */
export function createIdentity(
  given: Omit<IdentityParts, "verified" | "holdUp" | "reach" | "inTurn"> &
    Partial<Pick<IdentityParts, "holdUp" | "reach">>,
): Identity {
  const nowhere = { neutralized: true };
  const parts: IdentityParts = {
    holdUp: holdUps(),
    reach: nowhere,
    ...given,
    inTurn: oneByOne(),
    verified: new VerifiedPasswords(),
  };
  const actors = new Actors();
  const limits = new CallLimits(parts.data);
  const standings = new Standings(parts, actors);
  const admitted = admission(parts);
  const pending = new Set<Promise<void>>();
  const afterwards = ({ rest }: { readonly rest: Promise<void> }): void => {
    pending.add(rest);
    rest.finally(() => pending.delete(rest)).catch(() => undefined);
  };
  const reading = () => parts.data.reading(publicActor);
  return {
    authenticate: (attempt) =>
      byApiKeyShape(attempt)
        ? byPasswordAlone(parts, attempt)
        : admitted(attempt, () => byPasswordAlone(parts, attempt)),
    signIn: (attempt, from) => admitted(attempt, () => signIn(parts, attempt, from)),
    proceed: (first, from) => proceedSignIn(parts, first, from),
    pending: (pendingId) => findPending(reading(), pendingId),
    finish: (pendingId, by, from) => finishSignIn(parts, { pendingId, by }, from),
    confirm: (attempt, session) => confirmByPassword(parts, attempt, session),
    confirmed: (session, by) => parts.data.writing(publicActor, (env) => confirmedBy(env, session, by)),
    actorOf: (userId) => actors.find(reading(), [["id", "=", userId]]),
    openSession: (userId, from) => openUnchecked(parts, userId, from),
    session: (id, options = { rotate: false }) =>
      checkSession(options.on ?? parts.data, actors, { id, rotate: options.rotate }),
    apiKey: (key, options = {}) => byKey(parts, { actors, limits }, { key, on: options.on }),
    watch: (standing) => standings.watch(standing),
    stands: (standing) => standings.stands(standing),
    endSession: async (sessionKey) => {
      await endSession(parts.data, sessionKey);
      return [hostCookie(cookieNames.session, "", 0)];
    },
    endSessionsOf: (userId, except) =>
      parts.data.writing(publicActor, (env) => endSessionsOf(env, [userId], except ?? "")),
    setPassword: (userId, password, options) => setPassword(parts, userId, { password, ...options }),
    createApiKey: (userId, name, options) =>
      parts.data.writing(publicActor, (env) => createApiKey(env, userId, { ...options, name })),
    requestReset: async (login, source) => afterwards(await requestReset(parts, login, source)),
    requestSignUp: async (email, source) => afterwards(await requestSignUp(parts, email, source)),
    makeAccount: (link, given) => makeAccount(parts, link, given),
    invite: (userId) => invite(parts, userId),
    sweep: () => sweep(parts),
    settle: async () => {
      standings.endAll();
      await Promise.allSettled(pending);
    },
  };
}

/**
 * Who may go on to the database at all: whoever brings a device cookie of ours, one try of a device at a time, and of
 * the others few at once, while the hashing has room. Clients that send a password with each call may be remembered
 * and need none: counted alone.
 */
function admission(parts: IdentityParts) {
  const few = fewAtOnce();
  const trying = new Set<string>();
  return async <T>(attempt: SignInAttempt, work: () => Promise<T>): Promise<T> => {
    const { device = "" } = attempt;
    if (genuineDevice(parts.key("devices"), device, parts.clock.now()) && !trying.has(device)) {
      trying.add(device);
      return work().finally(() => trying.delete(device));
    }
    if (attempt.keys !== true) parts.hasher.expectRoom("unknown");
    return few(work);
  };
}

function byApiKeyShape({ keys, secret }: SignInAttempt): boolean {
  return keys === true && looksLikeApiKey(secret);
}

/** For doors that open no session: what a second factor is demanded of, a password alone does not open. */
async function byPasswordAlone(parts: IdentityParts, attempt: SignInAttempt): Promise<number | null> {
  const first = await authenticate(parts, attempt);
  if (first === null || first.method === "key") return first?.userId ?? null;
  const demanded = await demandedFactors(parts.data.reading(publicActor), first);
  if (first.method === "password") {
    const from = { source: attempt.source, userAgent: "" };
    const outcome = demanded.length === 0 ? "ok" : "refused";
    const detail =
      demanded.length === 0 ? "without a session" : "a second factor is demanded: a key is needed";
    await parts.data.writing(publicActor, (env) =>
      recordSignIn(env, { outcome, userId: first.userId, method: "password", from, detail }),
    );
  }
  return demanded.length === 0 ? first.userId : null;
}

async function openUnchecked(
  parts: IdentityParts,
  userId: number,
  from: { readonly source: string; readonly userAgent: string; readonly replaces?: string },
): Promise<NewSession> {
  const policy = await signInPolicy(parts.data.reading(publicActor));
  const origin = { source: from.source, userAgent: from.userAgent, replaces: from.replaces ?? "" };
  const id = await parts.data.writing(publicActor, (env) => openSession(env, userId, { ...origin, policy }));
  if (id === null) throw new ExpectedError("not_found", "This user does not exist, or is archived.");
  return newSession(parts, userId, { id, hours: policy.session_hours });
}

async function sweep({ data }: IdentityParts): Promise<number> {
  const written = await data.writing(publicActor, async (env) => {
    return (await sweepPending(env)) + (await sweepSecurityLog(env)) + (await sweepSignUps(env));
  });
  return written + (await sweepSessions(data)) + (await sweepThrottle(data)) + (await sweepUsedTokens(data));
}

async function byKey(
  parts: IdentityParts,
  { actors, limits }: { readonly actors: Actors; readonly limits: CallLimits },
  { key, on = parts.data }: { readonly key: string; readonly on: DataSource | undefined },
): Promise<CheckedSession | null> {
  const found = await findApiKey(on, key);
  if (found === null) return null;
  const actor = await actors.of(on.reading(publicActor), found.user);
  if (actor === null) return null;
  await limits.take(found, parts.clock.now());
  const reaching: Actor = {
    ...actor,
    ...(found.scope === undefined ? {} : { scope: found.scope }),
    byKey: true,
  };
  const untilMs = Math.min(found.expiresAtMs, uncountedUntilMs(found));
  const rests = found.witness && { on: found.witness, fresh: () => parts.clock.now() < untilMs };
  return { actor: reaching, sessionKey: "", keyId: found.id, cookies: [], rests };
}
