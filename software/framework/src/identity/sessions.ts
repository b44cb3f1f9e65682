import { hash } from "node:crypto";
import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import { deviceName } from "./device-name.ts";
import { usersModel } from "./models.ts";
import { sessionModel } from "./session-model.ts";
import type { SignInPolicy } from "./signin-policy.ts";

const idBytes = 32;
const maxSessionsPerUser = 50;

/** Where a session is opened from. */
export interface SessionOrigin {
  readonly source: string;
  readonly userAgent: string;
  /** Key of the session that the browser had: it ends, so that no id survives a sign-in. */
  readonly replaces: string;
  /** The user's `credential_version` when the password or factor was checked; absent: nothing was. */
  readonly credentialVersion?: number;
  /** Nobody was asked anything just now: what is sensitive asks for confirmation first. */
  readonly unconfirmed?: boolean;
}

/**
 * Opens a session. The user's row is written too, so that a change of the password at the same moment collides
 * with this: whichever comes second sees the other.
 *
 * @returns the id for the cookie: 256 random bits, of which only the hash is stored. Null when the user is archived,
 * or their credentials were changed since they were checked.
 */
export async function openSession(
  env: Environment,
  userId: number,
  { policy, ...origin }: SessionOrigin & { readonly policy: SignInPolicy },
): Promise<string | null> {
  const id = newSessionId(env);
  const now = nowOf(env);
  return env.system("open a session", async (system) => {
    if (!(await credentialsStand(system, userId, origin.credentialVersion))) return null;
    const stale = await staleSessions(system, userId, origin.replaces);
    if (stale.length > 0) await system.of(sessionModel).unlink(stale);
    await system.of(sessionModel).create([
      {
        session_key: sessionKeyOf(id),
        token_hash: sessionKeyOf(id),
        user_id: userId,
        device: deviceName(origin.userAgent),
        source: origin.source,
        created_at: now,
        rotated_at: now,
        confirmed_at: origin.unconfirmed === true ? null : now,
        seen_at: now,
        idle_until: now.add({ minutes: policy.session_idle_minutes }),
        expires_at: now.add({ hours: policy.session_hours }),
      },
    ]);
    await system.of(usersModel).write([userId], { login_date: now });
    return id;
  });
}

/** Ends one session. Does nothing when it has ended. */
export async function endSession(data: DataSource, sessionKey: string): Promise<void> {
  if (sessionKey === "") return;
  await data.writing(publicActor, (env) =>
    env.system("end a session", async (system) => {
      const ids = await system.of(sessionModel).search([["session_key", "=", sessionKey]]);
      if (ids.length > 0) await system.of(sessionModel).unlink(ids);
    }),
  );
}

/** Ends a user's sessions, all or all but one, in the caller's transaction. @returns how many. */
export async function endSessionsOf(
  env: Environment,
  userIds: readonly number[],
  exceptSessionKey: string,
): Promise<number> {
  return env.system("end a user's sessions", async (system) => {
    const rows = await system.of(sessionModel).searchRead([["user_id", "in", userIds]], ["session_key"], {
      limit: maxSessionsPerUser * 2 * userIds.length,
    });
    const ids = rows.filter((row) => row.session_key !== exceptSessionKey).map((row) => row.id);
    if (ids.length > 0) await system.of(sessionModel).unlink(ids);
    return ids.length;
  });
}

/** Removes sessions past their limits. @returns how many; at most 1,000 a run. */
export async function sweepSessions(data: DataSource): Promise<number> {
  return data.writing(publicActor, (env) =>
    env.system("remove ended sessions", async (system) => {
      const now = nowOf(system).toString();
      const ended = await system
        .of(sessionModel)
        .search(["|", ["expires_at", "<", now], ["idle_until", "<", now]], { limit: 1_000 });
      if (ended.length > 0) await system.of(sessionModel).unlink(ended);
      return ended.length;
    }),
  );
}

/** @returns an id for a cookie: 256 random bits. */
export function newSessionId(env: Environment): string {
  return Buffer.from(env.random.bytes(idBytes)).toString("base64url");
}

/** What is stored of an id. Of a session's first id it is also the session's key, its name everywhere else. */
export function sessionKeyOf(id: string): string {
  return hash("sha256", id, "hex");
}

async function credentialsStand(
  system: Environment,
  userId: number,
  version: number | undefined,
): Promise<boolean> {
  const [user] = await system
    .of(usersModel)
    .searchRead([["id", "=", userId]], ["credential_version", "active"], { limit: 1 });
  if (user?.active !== true) return false;
  return version === undefined || user.credential_version === version;
}

/** The replaced one, and the oldest beyond {@link maxSessionsPerUser}. */
async function staleSessions(system: Environment, userId: number, replaces: string): Promise<number[]> {
  const sessions = system.of(sessionModel);
  const replaced = replaces === "" ? [] : await sessions.search([["session_key", "=", replaces]]);
  const oldest = await sessions.search([["user_id", "=", userId]], {
    order: "seen_at desc",
    offset: maxSessionsPerUser - 1,
  });
  return [...new Set([...replaced, ...oldest])];
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
