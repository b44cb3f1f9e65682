import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import { apiKeysModel } from "./models.ts";

/** What of an API key its limit needs. */
export interface LimitedKey {
  readonly id: number;
  /** 0: no limit. */
  readonly callsPerMinute: number;
  readonly lastUsed: Temporal.Instant | null;
}

/** Calls that this worker may still answer in one minute. */
interface Share {
  readonly minute: number;
  left: number;
  /** The database had no more to give. */
  spent: boolean;
}

const minuteMilliseconds = 60_000;
/** A worker takes a twentieth of a minute's calls at once, so that most calls ask the database nothing. */
const sharesPerMinute = 20;
const maxKeysHeld = 10_000;
/** How exact "last used" is for keys that nothing counts. */
const usedEveryMinutes = 5;

/**
 * How many calls a minute an API key may make, all workers of all processes together. The count stands in the
 * key's row; each worker takes shares of it and answers from its own. Together they never answer more than the
 * limit; what a worker took and did not use is lost for that minute, at most a twentieth for each worker.
 */
export class CallLimits {
  readonly #data: DataSource;
  readonly #shares = new Map<number, Share>();
  readonly #taking = new Map<number, Promise<void>>();

  constructor(data: DataSource) {
    this.#data = data;
  }

  /** Counts one call. @throws ExpectedError `too_many` that says after how many seconds the next minute begins. */
  async take(key: LimitedKey, nowMs: number): Promise<void> {
    if (key.callsPerMinute === 0) return this.#noteUse(key, nowMs);
    const minute = Math.floor(nowMs / minuteMilliseconds);
    for (;;) {
      const share = this.#shares.get(key.id);
      if (share?.minute === minute && share.left > 0) {
        share.left -= 1;
        return;
      }
      if (share?.minute === minute && share.spent) throw tooMany(key, nowMs);
      // Calls that come together wait for one share.
      const taking = this.#taking.get(key.id) ?? this.#takeShare(key, minute);
      this.#taking.set(key.id, taking);
      await taking.finally(() => this.#taking.delete(key.id));
    }
  }

  async #takeShare(key: LimitedKey, minute: number): Promise<void> {
    const wanted = Math.ceil(key.callsPerMinute / sharesPerMinute);
    const given = await this.#data.writing(publicActor, (env) =>
      env.system("count the calls of an API key", (system) => giveShare(system, key, { minute, wanted })),
    );
    if (this.#shares.size >= maxKeysHeld) this.#shares.clear();
    this.#shares.set(key.id, { minute, left: given, spent: given === 0 });
  }

  async #noteUse(key: LimitedKey, nowMs: number): Promise<void> {
    if (nowMs < uncountedUntilMs(key)) return;
    const now = Temporal.Instant.fromEpochMilliseconds(nowMs);
    try {
      await this.#data.writing(publicActor, (env) =>
        env.system("note that an API key is used", (system) =>
          system.of(apiKeysModel).write([key.id], { last_used_at: now }),
        ),
      );
    } catch (error) {
      // Many calls at once may try; one is enough, so losing is no failure.
      if (!(error instanceof ExpectedError)) throw error;
    }
  }
}

/** Until when calls with a key change nothing of it: never for a key whose calls are counted. */
export function uncountedUntilMs({ callsPerMinute, lastUsed }: LimitedKey): number {
  if (callsPerMinute !== 0 || lastUsed === null) return 0;
  return lastUsed.epochMilliseconds + usedEveryMinutes * minuteMilliseconds;
}

/** @returns how many calls the asking worker may answer. */
async function giveShare(
  env: Environment,
  key: LimitedKey,
  { minute, wanted }: { readonly minute: number; readonly wanted: number },
): Promise<number> {
  const keys = env.of(apiKeysModel);
  const [row] = await keys.searchRead([["id", "=", key.id]], ["minute_start", "minute_calls"], { limit: 1 });
  if (row === undefined) return 0;
  const begins = Temporal.Instant.fromEpochMilliseconds(minute * minuteMilliseconds);
  const used = row.minute_start?.equals(begins) ? row.minute_calls : 0;
  const given = Math.max(0, Math.min(wanted, key.callsPerMinute - used));
  const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  if (given > 0)
    await keys.write([key.id], { minute_start: begins, minute_calls: used + given, last_used_at: now });
  return given;
}

function tooMany({ callsPerMinute }: LimitedKey, nowMs: number): ExpectedError {
  const retryAfterSeconds = Math.max(
    1,
    Math.ceil((minuteMilliseconds - (nowMs % minuteMilliseconds)) / 1_000),
  );
  return new ExpectedError("too_many", `This API key may make ${callsPerMinute} calls a minute.`, {
    hint: `Call again in ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  });
}
