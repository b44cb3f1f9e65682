import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import { type Actor, publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Actors } from "./actors.ts";
import { standingLinkKeys } from "./link-keys.ts";
import { keyOf } from "./links.ts";
import { apiKeysModel, linksModel, usersModel } from "./models.ts";
import { sessionModel } from "./session-model.ts";

/** By what right something is under way. What is absent is not asked about. */
export interface Standing {
  readonly actor: Actor;
  readonly sessionKey?: string;
  readonly keyId?: number | undefined;
  readonly linkId?: number | undefined;
}

/** Watches over one thing that is under way. */
export interface Watched {
  /** Aborted when the right has ended, with the error that the caller is to be told. */
  readonly signal: AbortSignal;
  /** It is done; safe to call twice. */
  release(): void;
}

/** How often rights are asked again while something is under way: what lost its right ends within a second. */
export const askAgainMilliseconds = 400;
/** What is done sooner is not asked about: it was checked when it began. */
const youngMilliseconds = 200;

interface Entry {
  readonly standing: Standing;
  readonly sinceMs: number;
  readonly end: AbortController;
  /** The user's `credential_version` as first seen, where no session or key speaks for the caller. */
  version?: number;
}

/**
 * Ends what is under way when the right that it began by has ended: session gone, key or link revoked or expired, user
 * archived, a group lost. The rights are asked in the database, together, a few statements each time, and only while
 * something takes longer than an instant; so it holds on every worker, whoever ended the right and where.
 *
 * Source: docs/loss-of-right.md.
 */
export class Standings {
  readonly #data: DataSource;
  readonly #actors: Actors;
  readonly #log: Log;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { readonly data: DataSource; readonly log: Log }, actors: Actors) {
    this.#data = parts.data;
    this.#log = parts.log;
    this.#actors = actors;
  }

  watch(standing: Standing): Watched {
    const entry: Entry = { standing, sinceMs: performance.now(), end: new AbortController() };
    this.#entries.add(entry);
    this.#plan();
    return { signal: entry.end.signal, release: () => void this.#entries.delete(entry) };
  }

  /** Asks once, now. */
  async stands(standing: Standing): Promise<boolean> {
    const entry: Entry = { standing, sinceMs: 0, end: new AbortController() };
    return (await this.#asked([entry]))(entry);
  }

  /** Ends all that is under way: nothing can be asked any more, the database is being closed. */
  endAll(): void {
    for (const entry of this.#entries) this.#end(entry);
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#entries.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#round()
        .catch((error: unknown) => this.#log("warn", "rights could not be asked again", { error }))
        .finally(() => {
          this.#timer = undefined;
          this.#plan();
        });
    }, askAgainMilliseconds).unref();
  }

  async #round(): Promise<void> {
    const before = performance.now() - youngMilliseconds;
    const old = [...this.#entries].filter((entry) => entry.sinceMs <= before);
    if (old.length === 0) return;
    const stands = await this.#asked(old);
    for (const entry of old) if (!stands(entry)) this.#end(entry);
  }

  #end(entry: Entry): void {
    this.#entries.delete(entry);
    entry.end.abort(
      new ExpectedError("unauthenticated", "You are no longer signed in, or no longer allowed to do this.", {
        hint: "Sign in and try again.",
      }),
    );
  }

  async #asked(entries: readonly Entry[]): Promise<(entry: Entry) => boolean> {
    const env = this.#data.reading(publicActor);
    const of = <T>(pick: (standing: Standing) => T | undefined | null) =>
      [...new Set(entries.map(({ standing }) => pick(standing)))].filter((one) => one != null);
    const [sessions, keys, links, users] = await Promise.all([
      liveSessions(
        env,
        of(({ sessionKey }) => sessionKey || undefined),
      ),
      liveKeys(
        env,
        of(({ keyId }) => keyId),
      ),
      liveLinks(
        env,
        of(({ linkId }) => linkId),
      ),
      this.#liveUsers(
        env,
        of(({ actor }) => actor.userId),
      ),
    ]);
    return (entry) => {
      const { actor, sessionKey, keyId, linkId } = entry.standing;
      if (sessionKey && !sessions.has(sessionKey)) return false;
      if (keyId !== undefined && !keys.has(keyId)) return false;
      if (linkId !== undefined && !links.has(linkId)) return false;
      if (actor.userId === null) return true;
      const user = users.get(actor.userId);
      if (user === undefined || [...actor.groups].some((group) => !user.groups.has(group))) return false;
      entry.version ??= user.version;
      return sessionKey || keyId !== undefined ? true : entry.version === user.version;
    };
  }

  async #liveUsers(env: Environment, ids: readonly number[]) {
    if (ids.length === 0) return new Map<number, { version: number; groups: ReadonlySet<string> }>();
    const [actors, rows] = await Promise.all([
      this.#actors.findAll(env, [["id", "in", ids]], ids.length),
      env.system("ask whether users are still who they were", (system) =>
        system.of(usersModel).searchRead([["id", "in", ids]], ["credential_version"], { limit: ids.length }),
      ),
    ]);
    const groups = new Map(actors.map((actor) => [actor.userId, actor.groups]));
    return new Map(
      rows.flatMap(({ id, credential_version }) => {
        const held = groups.get(id);
        return held === undefined ? [] : [[id, { version: credential_version, groups: held }] as const];
      }),
    );
  }
}

async function liveSessions(env: Environment, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await env.system("ask whether sessions are still open", (system) =>
    system
      .of(sessionModel)
      .searchRead([["session_key", "in", keys]], ["session_key", "idle_until", "expires_at"], {
        limit: keys.length,
      }),
  );
  const now = env.clock.now();
  const live = rows.filter((row) => row.expires_at.epochMilliseconds > now);
  return new Set(live.map((row) => row.session_key ?? ""));
}

async function liveKeys(env: Environment, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await env.system("ask whether API keys are still valid", (system) =>
    system.of(apiKeysModel).searchRead([["id", "in", ids]], ["revoked", "expires_at"], { limit: ids.length }),
  );
  return new Set(rows.filter((row) => !row.revoked && !over(env, row.expires_at)).map(({ id }) => id));
}

async function liveLinks(env: Environment, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await env.system("ask whether signed links are still valid", (system) =>
    system
      .of(linksModel)
      .searchRead([["id", "in", ids]], ["revoked", "expires_at", "key_version"], { limit: ids.length }),
  );
  const keys = await standingLinkKeys(env, rows.map(keyOf));
  return new Set(
    rows
      .filter((row) => !row.revoked && !over(env, row.expires_at) && keys.has(keyOf(row)))
      .map(({ id }) => id),
  );
}

function over(env: Environment, moment: Temporal.Instant | null): boolean {
  return moment !== null && moment.epochMilliseconds <= env.clock.now();
}
