import { createHash, createHmac } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { throttleModel } from "./models.ts";
import { type EventOrigin, recordSecurityEvent } from "./security-log.ts";
import { patiently, unlessCollided } from "./throttle-collisions.ts";

/** One thing that tries are counted for, and how many it may have. */
export interface Counted {
  /** What it is, exactly; only its hash is stored. */
  readonly subject: string;
  /**
   * In words for the administrator: `ann@acme.example from 192.0.2.7`. Never what an unknown person typed: now
   * and then that is a password in the wrong field.
   */
  readonly shown: string;
  readonly most: number;
  /** Never blocks: beyond `most` each further try is only held up. For what an attacker could else lock for its owner. */
  readonly softly?: true;
}

export interface ThrottleTimes {
  readonly windowMinutes: number;
  readonly cooldownMinutes: number;
}

type ThrottleRow = Row<typeof throttleModel, (typeof rowFields)[number]>;
const rowFields = [
  "subject",
  "key",
  "failures",
  "tried",
  "window_start",
  "last_at",
  "blocked_until",
] as const;
/** Beyond the limit of a soft count a try waits half a second per limit's worth of failures, at most this long. */
export const maxDelayMilliseconds = 5_000;
const delayStepMilliseconds = 500;
/** A try waits this long when its soft count could not be written, since others of the account were at it. */
const collisionMilliseconds = 1_000;
const maxTried = 50;

/**
 * Takes one try of each counted thing *before* the secret is checked, so that tries in parallel on many
 * workers are counted as in a row. Give it back with {@link giveBack} when the secret was right.
 *
 * A try that was made before within the window (same digest) is not counted again. The try that starts a block is
 * written to the log of sign-ins. For passwords, codes, resets, whatever can be guessed or asked for too often:
 * `subject` says what is counted, and never shares a text with another use.
 *
 * @param attempt - what was tried; only 32 bits of a keyed digest of it are kept.
 * @returns how long the caller has to wait before it checks, in milliseconds; 0 but for soft counts beyond their limit.
 * @throws ExpectedError `too_many`; then nothing is to be checked. Source: claim PWD-4.
 */
export async function takeTry(
  data: DataSource,
  counted: readonly Counted[],
  given: ThrottleTimes & { readonly attempt: string; readonly key: Uint8Array } & Tried,
): Promise<number> {
  if (counted.length === 0) return 0;
  const { attempt, key, ...rest } = given;
  const digest = digestOf(attempt, key);
  const { soft, hard } = bySoftness(counted);
  const count = (some: readonly Counted[]) =>
    data.writing(publicActor, (env) =>
      env.system("count a try to sign in", (system) => countTries(system, some, { digest, ...rest })),
    );
  if (hard.length > 0) {
    const { blockedUntil } = await patiently(() => count(hard));
    if (blockedUntil !== null) throw tooMany(blockedUntil);
  }
  if (soft.length === 0) return 0;
  const collided = { delayMilliseconds: collisionMilliseconds };
  return (await unlessCollided(() => count(soft), collided)).delayMilliseconds;
}

/**
 * What blocks and what only holds up are counted apart: everybody who tries an account meets in its one soft row, and
 * whoever collides there is to wait, never to be turned away.
 */
function bySoftness(counted: readonly Counted[]) {
  return {
    soft: counted.filter((one) => one.softly === true),
    hard: counted.filter((one) => one.softly !== true),
  };
}

/** Whose account is tried, for the log. */
export interface Tried {
  /** Null or absent: a login that is nobody's, or no account at all. */
  readonly userId?: number | null;
  readonly from?: EventOrigin;
}

/** The secret was right: the account's count starts anew, what many share gets this one try back. */
export async function giveBack(
  data: DataSource,
  { own, shared }: { readonly own: readonly Counted[]; readonly shared: readonly Counted[] },
  { attempt, key }: { readonly attempt: string; readonly key: Uint8Array },
): Promise<void> {
  if (own.length + shared.length === 0) return;
  const digest = digestOf(attempt, key);
  const { soft, hard } = bySoftness(shared);
  const forget = (forgotten: readonly Counted[], less: readonly Counted[]) =>
    data.writing(publicActor, (env) =>
      env.system("forget a try that was right", (system) => forgetTry(system, { forgotten, less, digest })),
    );
  if (own.length + hard.length > 0) await patiently(() => forget(own, hard));
  if (soft.length > 0) await unlessCollided(() => forget([], soft), undefined);
}

async function forgetTry(
  system: Environment,
  given: {
    readonly forgotten: readonly Counted[];
    readonly less: readonly Counted[];
    readonly digest: string;
  },
): Promise<void> {
  const rows = await readRows(system, [...given.forgotten, ...given.less]);
  const ownKeys = new Set(given.forgotten.map(keyOf));
  const forgotten = rows.filter((row) => ownKeys.has(row.key)).map((row) => row.id);
  if (forgotten.length > 0) await system.of(throttleModel).unlink(forgotten);
  for (const row of rows.filter((one) => !ownKeys.has(one.key) && triedOf(one).includes(given.digest)))
    await system.of(throttleModel).write([row.id], {
      failures: Math.max(0, row.failures - 1),
      tried: triedOf(row).filter((one) => one !== given.digest),
      blocked_until: null,
    });
}

/** Removes counts that no longer matter. @returns how many. Run it now and then; at most 1,000 a run. */
export async function sweepThrottle(data: DataSource): Promise<number> {
  return data.writing(publicActor, (env) =>
    env.system("forget old tries", async (system) => {
      const before = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).subtract({ hours: 48 });
      const old = await system
        .of(throttleModel)
        .search([["last_at", "<", before.toString()]], { limit: 1_000 });
      if (old.length > 0) await system.of(throttleModel).unlink(old);
      return old.length;
    }),
  );
}

/** What becomes of a try. */
interface Verdict {
  /** Until when one of the counted things is blocked; null when the try may be checked. */
  readonly blockedUntil: Temporal.Instant | null;
  readonly delayMilliseconds: number;
}

async function countTries(
  env: Environment,
  counted: readonly Counted[],
  given: ThrottleTimes & Tried & { readonly digest: string },
): Promise<Verdict> {
  const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  const rows = await readRows(env, counted);
  const blocked = rows.map((row) => row.blocked_until).filter((until) => until !== null && after(until, now));
  if (blocked[0]) return { blockedUntil: blocked[0], delayMilliseconds: 0 };
  let delayMilliseconds = 0;
  for (const one of counted) {
    const row = rows.find((found) => found.key === keyOf(one));
    const values = row === undefined ? newRow(one, given, now) : counting(row, one, { ...given, now });
    if (row === undefined) await env.of(throttleModel).create([values]);
    else await env.of(throttleModel).write([row.id], values);
    if (values.blocked_until) await logBlock(env, one, given);
    if (one.softly) delayMilliseconds = delayOf(values.failures ?? row?.failures ?? 0, one.most);
  }
  return { blockedUntil: null, delayMilliseconds };
}

function delayOf(failures: number, most: number): number {
  return failures < most
    ? 0
    : Math.min(maxDelayMilliseconds, delayStepMilliseconds * Math.floor(failures / most));
}

function logBlock(env: Environment, { shown }: Counted, { userId = null, from }: Tried): Promise<void> {
  const detail = `too many failures: ${shown}`;
  return recordSecurityEvent(env, { event: "throttled", outcome: "blocked", userId, from, detail });
}

function newRow(one: Counted, given: ThrottleTimes & { readonly digest: string }, now: Temporal.Instant) {
  return {
    subject: one.shown.slice(0, 256),
    key: keyOf(one),
    failures: 1,
    tried: [given.digest],
    window_start: now,
    last_at: now,
    blocked_until: one.most <= 1 && !one.softly ? now.add({ minutes: given.cooldownMinutes }) : null,
  };
}

/** The try that reaches the limit is still checked; from then on it waits. After the wait the count starts anew. */
function counting(
  row: ThrottleRow,
  one: Counted,
  { now, digest, ...times }: ThrottleTimes & { readonly digest: string; readonly now: Temporal.Instant },
) {
  const over =
    row.blocked_until !== null || after(now, row.window_start.add({ minutes: times.windowMinutes }));
  const tried = over ? [] : triedOf(row);
  if (tried.includes(digest)) return { last_at: now };
  const failures = (over ? 0 : row.failures) + 1;
  return {
    failures,
    tried: [...tried, digest].slice(-maxTried),
    window_start: over ? now : row.window_start,
    last_at: now,
    blocked_until: failures >= one.most && !one.softly ? now.add({ minutes: times.cooldownMinutes }) : null,
  };
}

function readRows(env: Environment, counted: readonly Counted[]): Promise<ThrottleRow[]> {
  return env
    .of(throttleModel)
    .searchRead([["key", "in", counted.map(keyOf)]], rowFields, { limit: counted.length });
}

function triedOf(row: ThrottleRow): readonly string[] {
  return Array.isArray(row.tried) ? row.tried.filter((one) => typeof one === "string") : [];
}

function keyOf({ subject }: Counted): string {
  return createHash("sha256").update(subject).digest("hex");
}

/** 32 bits: enough to know a try again, far too few to search for the password. */
function digestOf(attempt: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(attempt).digest("hex").slice(0, 8);
}

function after(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) > 0;
}

function tooMany(until: Temporal.Instant): ExpectedError {
  return new ExpectedError("too_many", "Too many tries to sign in.", {
    hint: "Wait a few minutes, or set a new password with “Forgot your password?”.",
    details: { until: until.toString() },
  });
}
