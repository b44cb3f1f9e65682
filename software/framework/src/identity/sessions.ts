import { createHash } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import type { Actors } from "./actors.ts";
import { deviceName } from "./device-name.ts";
import type { CheckedSession } from "./identity.ts";
import { usersModel } from "./models.ts";
import { sessionModel } from "./session-model.ts";
import type { SignInPolicy } from "./signin-policy.ts";

const idBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{43}$/;
const seenEverySeconds = 60;
const maxSessionsPerUser = 50;
const limitFields = ["seen_at", "idle_until", "expires_at"] as const;
type Limits = Row<typeof sessionModel, (typeof limitFields)[number]>;

/** Where a session is opened from. */
export interface SessionOrigin {
  readonly source: string;
  readonly userAgent: string;
  /** Key of the session that the browser had: it ends, so that no id survives a sign-in. */
  readonly replaces: string;
}

/** @returns the id for the cookie: 256 random bits, of which only the hash is stored. */
export async function openSession(
  env: Environment,
  userId: number,
  { policy, ...origin }: SessionOrigin & { readonly policy: SignInPolicy },
): Promise<string> {
  const id = Buffer.from(env.random.bytes(idBytes)).toString("base64url");
  const now = nowOf(env);
  await env.system("open a session", async (system) => {
    const stale = await staleSessions(system, userId, origin.replaces);
    if (stale.length > 0) await system.of(sessionModel).unlink(stale);
    await system.of(sessionModel).create([
      {
        token_hash: sessionKeyOf(id),
        user_id: userId,
        device: deviceName(origin.userAgent),
        source: origin.source,
        created_at: now,
        proven_at: now,
        seen_at: now,
        idle_until: now.add({ minutes: policy.session_idle_minutes }),
        expires_at: now.add({ hours: policy.session_hours }),
      },
    ]);
    await system.of(usersModel).write([userId], { login_date: now });
  });
  return id;
}

/**
 * Checks an id: one round trip of two statements at once, on every request, never cached.
 *
 * @returns null when the session is unknown, ended, idle too long, too old, or its user archived.
 */
export async function checkSession(
  data: DataSource,
  actors: Actors,
  id: string,
): Promise<CheckedSession | null> {
  if (!idPattern.test(id)) return null;
  const sessionKey = sessionKeyOf(id);
  const env = data.reading(publicActor);
  const [actor, limits] = await Promise.all([
    actors.find(env, [["session_ids", "any", [["token_hash", "=", sessionKey]]] as never]),
    env.system("check a session", (system) =>
      system.of(sessionModel).searchRead([["token_hash", "=", sessionKey]], limitFields, { limit: 1 }),
    ),
  ]);
  const [found] = limits;
  if (actor === null || found === undefined || !alive(env, found)) return null;
  if (nowOf(env).since(found.seen_at).total("seconds") >= seenEverySeconds) await keepAlive(data, found);
  return { actor, sessionKey };
}

/** Ends one session. Does nothing when it has ended. */
export async function endSession(data: DataSource, sessionKey: string): Promise<void> {
  await data.writing(publicActor, (env) =>
    env.system("end a session", async (system) => {
      const ids = await system.of(sessionModel).search([["token_hash", "=", sessionKey]]);
      if (ids.length > 0) await system.of(sessionModel).unlink(ids);
    }),
  );
}

/** Ends a user's sessions, all or all but one, in the caller's transaction. @returns how many. */
export async function endSessionsOf(
  env: Environment,
  userId: number,
  exceptSessionKey: string,
): Promise<number> {
  return env.system("end a user's sessions", async (system) => {
    const ids = await system.of(sessionModel).search([
      ["user_id", "=", userId],
      ["token_hash", "!=", exceptSessionKey],
    ]);
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

/** What identifies a session everywhere but in the cookie. */
export function sessionKeyOf(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

/** The replaced one, and the oldest beyond {@link maxSessionsPerUser}. */
async function staleSessions(system: Environment, userId: number, replaces: string): Promise<number[]> {
  const sessions = system.of(sessionModel);
  const replaced = replaces === "" ? [] : await sessions.search([["token_hash", "=", replaces]]);
  const oldest = await sessions.search([["user_id", "=", userId]], {
    order: "seen_at desc",
    offset: maxSessionsPerUser - 1,
  });
  return [...new Set([...replaced, ...oldest])];
}

function alive(env: Environment, { idle_until, expires_at }: Limits): boolean {
  const now = env.clock.now();
  return idle_until.epochMilliseconds > now && expires_at.epochMilliseconds > now;
}

/** Moves the idle limit. Many requests at once may try; one is enough, so losing is no failure. */
async function keepAlive(data: DataSource, { id, seen_at, idle_until }: Limits): Promise<void> {
  try {
    await data.writing(publicActor, (env) =>
      env.system("note that a session is used", async (system) => {
        const now = nowOf(system);
        const there = await system.of(sessionModel).exists([id]);
        if (there.length > 0)
          await system
            .of(sessionModel)
            .write([id], { seen_at: now, idle_until: now.add(idle_until.since(seen_at)) });
      }),
    );
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
  }
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
