import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import { cookieNames, hostCookie } from "../http/cookies.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { type Actors, actorFields } from "./actors.ts";
import type { CheckedSession } from "./identity.ts";
import { usersModel } from "./models.ts";
import { sessionModel } from "./session-model.ts";
import { newSessionId, sessionKeyOf } from "./sessions.ts";

const idPattern = /^[A-Za-z0-9_-]{43}$/;
const seenEverySeconds = 60;
/** A browser's id is replaced after this long. */
export const rotateEveryMinutes = 240;
/** How long the former id still counts once the new one was seen: for requests that were under way. */
export const formerIdSeconds = 60;
const fields = [
  "session_key",
  "token_hash",
  "former_hash",
  "former_until",
  "rotated_at",
  "confirmed_at",
  "seen_at",
  "idle_until",
  "expires_at",
] as const;
const userOf = {
  field: "user_id",
  model: usersModel,
  fields: actorFields,
  named: ["access_version_id"],
} as const;
type SessionRow = Row<typeof sessionModel, (typeof fields)[number]>;

/**
 * Checks an id: one statement, on every request, never cached.
 *
 * @param data - the request's own, so that its first statement goes in the same round trip.
 * @param rotate - whether the caller can take a new id: a browser can, a program that was told its id once cannot.
 * @returns null when the session is unknown, ended, idle too long, too old, or its user archived.
 */
export async function checkSession(
  data: DataSource,
  actors: Actors,
  { id, rotate }: { readonly id: string; readonly rotate: boolean },
): Promise<CheckedSession | null> {
  if (!idPattern.test(id)) return null;
  const hash = sessionKeyOf(id);
  const env = data.reading(publicActor);
  const byHash = ["|", ["token_hash", "=", hash], ["former_hash", "=", hash]] as const;
  const known = await env.system("check a session", (system) =>
    system.of(sessionModel).searchWitness(byHash, fields, userOf),
  );
  const found = known?.record;
  if (found === undefined || found.user_id === null || !alive(env, found, hash)) return null;
  const actor = await actors.of(env, found.user_id);
  if (actor === null) return null;
  const due = dueNow(env.clock.now(), found, { hash, rotate });
  const newId = due === undefined ? undefined : await losing(() => visited(data, found, { hash, ...due }));
  const untilMs = changesAtMs(found, { hash, rotate });
  return {
    actor: { ...actor, confirmedAtMs: found.confirmed_at?.epochMilliseconds ?? 0 },
    sessionKey: found.session_key ?? "",
    cookies: newId === undefined ? [] : [sessionCookie(env, newId, found.expires_at)],
    ...(due === undefined &&
      known !== undefined && { rests: { on: known.witness, fresh: () => env.clock.now() < untilMs } }),
  };
}

/**
 * Notes that the person gave their password or a second factor again, and gives the session a new id, in the
 * caller's transaction. @returns values for `set-cookie`; none when the session has ended meanwhile.
 */
export function confirmSession(env: Environment, sessionKey: string): Promise<readonly string[]> {
  return env.system("note that a person confirmed who they are", async (system) => {
    const [row] = await system
      .of(sessionModel)
      .searchRead([["session_key", "=", sessionKey]], ["token_hash", "expires_at"], { limit: 1 });
    if (row === undefined) return [];
    const { id, values } = rotation(system, row.token_hash);
    await system.of(sessionModel).write([row.id], { ...values, confirmed_at: nowOf(system) });
    return [sessionCookie(system, id, row.expires_at)];
  });
}

function sessionCookie(env: Environment, id: string, expiresAt: Temporal.Instant): string {
  const seconds = Math.ceil((expiresAt.epochMilliseconds - env.clock.now()) / 1_000);
  return hostCookie(cookieNames.session, id, Math.max(1, seconds));
}

function alive(env: Environment, row: SessionRow, hash: string): boolean {
  const now = env.clock.now();
  if (row.session_key === null) return false;
  if (row.idle_until.epochMilliseconds <= now || row.expires_at.epochMilliseconds <= now) return false;
  return row.token_hash === hash || row.former_until === null || row.former_until.epochMilliseconds > now;
}

/** What the visit changes, if anything: at most once a minute, or when the id is due or was just renewed. */
function dueNow(nowMs: number, row: SessionRow, given: Shown) {
  const due = given.rotate && nowMs >= rotatesAtMs(row);
  const arrived = row.token_hash === given.hash && row.former_hash !== null && row.former_until === null;
  if (!due && !arrived && nowMs < seenAgainAtMs(row)) return undefined;
  return { due, arrived: arrived && !due };
}

/** The id that was shown, and whether the caller can take a new one. */
interface Shown {
  readonly hash: string;
  readonly rotate: boolean;
}

function rotatesAtMs(row: SessionRow): number {
  return (row.rotated_at?.epochMilliseconds ?? 0) + rotateEveryMinutes * 60_000;
}

function seenAgainAtMs(row: SessionRow): number {
  return row.seen_at.epochMilliseconds + seenEverySeconds * 1_000;
}

/** From when on the same row would be judged otherwise, or be written to. */
function changesAtMs(row: SessionRow, { hash, rotate }: Shown): number {
  const former = row.token_hash === hash ? null : row.former_until;
  return Math.min(
    row.idle_until.epochMilliseconds,
    row.expires_at.epochMilliseconds,
    seenAgainAtMs(row),
    former?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    rotate ? rotatesAtMs(row) : Number.POSITIVE_INFINITY,
  );
}

function visited(
  data: DataSource,
  row: SessionRow,
  due: { readonly hash: string; readonly due: boolean; readonly arrived: boolean },
): Promise<string | undefined> {
  return data.writing(publicActor, (env) => visit(env, row, due));
}

function visit(
  env: Environment,
  row: SessionRow,
  { hash, due, arrived }: { readonly hash: string; readonly due: boolean; readonly arrived: boolean },
): Promise<string | undefined> {
  return env.system("note that a session is used", async (system) => {
    const sessions = system.of(sessionModel);
    const [now] = await sessions.searchRead([["id", "=", row.id]], ["token_hash"], { limit: 1 });
    if (now === undefined) return undefined;
    const moment = nowOf(system);
    const idle_until = moment.add(row.idle_until.since(row.seen_at));
    const next = due && now.token_hash === row.token_hash ? rotation(system, hash) : undefined;
    const former = arrived ? { former_until: moment.add({ seconds: formerIdSeconds }) } : {};
    await sessions.write([row.id], { seen_at: moment, idle_until, ...former, ...next?.values });
    return next?.id;
  });
}

function rotation(env: Environment, formerHash: string) {
  const id = newSessionId(env);
  return {
    id,
    values: {
      token_hash: sessionKeyOf(id),
      former_hash: formerHash,
      former_until: null,
      rotated_at: nowOf(env),
    },
  };
}

/** Many requests at once may try; one is enough, so losing is no failure. */
async function losing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return undefined;
  }
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
