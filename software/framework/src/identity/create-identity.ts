import { publicActor } from "../access/actor.ts";
import { cookieNames, hostCookie } from "../http/cookies.ts";
import { Actors } from "./actors.ts";
import { createApiKey, userOfApiKey } from "./api-keys.ts";
import { authenticate } from "./authenticate.ts";
import { deviceDays, newDevice } from "./device-cookie.ts";
import type { CheckedSession, Identity, NewSession } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { invite, requestReset } from "./reset-mail.ts";
import {
  checkSession,
  endSession,
  endSessionsOf,
  openSession,
  sessionKeyOf,
  sweepSessions,
} from "./sessions.ts";
import { setPassword } from "./set-password.ts";
import { signInPolicy } from "./signin-policy.ts";
import { sweepThrottle } from "./throttle.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

const secondsPerDay = 86_400;
const defaultKeyDays = 365;

/** Puts identity together for one tenant. Keeps no answer about who is who; see {@link Identity}. */
export function createIdentity(given: Omit<IdentityParts, "verified">): Identity {
  const parts: IdentityParts = { ...given, verified: new VerifiedPasswords() };
  const actors = new Actors();
  const pending = new Set<Promise<void>>();
  const reading = () => parts.data.reading(publicActor);
  return {
    authenticate: (attempt) => authenticate(parts, attempt),
    actorOf: (userId) => actors.find(reading(), [["id", "=", userId]]),
    openSession: (userId, from) => newSession(parts, userId, from),
    session: (id) => checkSession(parts.data, actors, id),
    apiKey: (key) => byKey(parts, actors, key),
    endSession: async (sessionKey) => {
      await endSession(parts.data, sessionKey);
      return [hostCookie(cookieNames.session, "", 0)];
    },
    endSessionsOf: (userId, except) =>
      parts.data.writing(publicActor, (env) => endSessionsOf(env, userId, except ?? "")),
    setPassword: (userId, password, options) => setPassword(parts, userId, { password, ...options }),
    createApiKey: (userId, name, options) =>
      parts.data.writing(publicActor, (env) =>
        createApiKey(env, userId, {
          name,
          scope: options?.scope ?? "rpc",
          days: options?.days ?? defaultKeyDays,
        }),
      ),
    requestReset: async (login, source) => {
      const { rest } = await requestReset(parts, login, source);
      pending.add(rest);
      rest.finally(() => pending.delete(rest)).catch(() => undefined);
    },
    invite: (userId) => invite(parts, userId),
    sweep: async () => (await sweepSessions(parts.data)) + (await sweepThrottle(parts.data)),
    settle: async () => void (await Promise.allSettled(pending)),
  };
}

async function newSession(
  parts: IdentityParts,
  userId: number,
  from: { readonly source: string; readonly userAgent: string; readonly replaces?: string },
): Promise<NewSession> {
  const policy = await signInPolicy(parts.data.reading(publicActor));
  const origin = { source: from.source, userAgent: from.userAgent, replaces: from.replaces ?? "" };
  const id = await parts.data.writing(publicActor, (env) => openSession(env, userId, { ...origin, policy }));
  const device = newDevice(parts.key("devices"), userId, { nowMs: parts.clock.now(), random: parts.random });
  return {
    id,
    sessionKey: sessionKeyOf(id),
    cookies: [
      hostCookie(cookieNames.session, id, policy.session_hours * 3_600),
      hostCookie(cookieNames.device, device, deviceDays * secondsPerDay),
    ],
  };
}

async function byKey(parts: IdentityParts, actors: Actors, key: string): Promise<CheckedSession | null> {
  const userId = await userOfApiKey(parts.data, key);
  if (userId === null) return null;
  const actor = await actors.find(parts.data.reading(publicActor), [["id", "=", userId]]);
  return actor === null ? null : { actor, sessionKey: "" };
}
