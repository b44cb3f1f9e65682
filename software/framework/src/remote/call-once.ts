import { createHash } from "node:crypto";
import { assert } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import { bad } from "./arguments.ts";
import { onceModel } from "./models.ts";

/** How long an answer is kept for the same key. */
export const keptHours = 24;
const maxKeyLength = 255;
const maxTries = 4;
const sweptAtOnce = 1_000;
const unknownGroup = "not known";

/** A call under a key of the caller's choice. */
export interface KeyedCall {
  readonly key: string;
  /** `res.partner.create`. */
  readonly name: string;
  /** Everything that shapes the outcome, as it was given. */
  readonly given: unknown;
}

/** What is done once, and what is asked before its answer is given again. */
export interface OnceWork {
  run(env: Environment): Promise<unknown>;
  /** @param formerGroups - what the caller held at the first call. @throws when the caller has lost the right since. */
  mayStill(env: Environment, formerGroups: readonly string[]): Promise<void>;
}

/** @returns the key; undefined when none was given. @throws `bad_request` for one that is no plain short text. */
export function readOnceKey(value: unknown): string | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value !== "string" || !new RegExp(`^[\\x21-\\x7e]{1,${maxKeyLength}}$`).test(value))
    throw bad(`The idempotency key is not a text of 1 to ${maxKeyLength} plain characters without spaces.`);
  return value;
}

/** The same call is under way in another transaction, which has just ended: look again. */
class MadeMeanwhile extends Error {}

/**
 * Does a change once, however often it is asked for under one key within {@link keptHours}: the answer is
 * stored in the transaction of the change itself, so that there is either both or neither. Two at once: one
 * waits for the other and gets its answer. What failed leaves nothing and may be tried again.
 *
 * @throws `invalid` when the key was used for another call.
 */
export async function callOnce(
  data: DataSource,
  actor: Actor,
  call: KeyedCall,
  { run, mayStill }: OnceWork,
): Promise<unknown> {
  const userId = actor.userId;
  if (userId === null) throw bad("An idempotency key needs a caller who is signed in.");
  const keyHash = digest([userId, call.key]);
  const callHash = digest([call.name, call.given]);
  for (let attempt = 1; ; attempt++) {
    try {
      return await data.writing(actor, async (env) => {
        const known = await knownAnswer(env, keyHash);
        if (known !== undefined) {
          const answer = repeated(known, callHash);
          await mayStill(env, known.groups);
          return answer;
        }
        const row = await claim(env, { keyHash, callHash, userId, name: call.name });
        const result = (await run(env)) ?? null;
        assert(!isSecret(result), "a method that answers a secret says so, and takes no key");
        await env.system("keep the answer of a call that is made once", (system) =>
          system.of(onceModel).write([row], { result }),
        );
        return result;
      });
    } catch (error) {
      if (!(error instanceof MadeMeanwhile) || attempt === maxTries) throw error;
    }
  }
}

/** What the browser shows once in a dialog of its own. */
function isSecret(result: unknown): boolean {
  return typeof result === "object" && result !== null && "type" in result && result.type === "secret";
}

/** Forgets answers that are kept no longer. @returns how many, at most 1,000 a run. */
export async function sweepOnce(data: DataSource, actor: Actor): Promise<number> {
  if (!data.registry.models.has(onceModel.name)) return 0;
  return data.writing(actor, (env) =>
    env.system("forget answers that are kept no longer", async (system) => {
      const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).toString();
      const old = await system.of(onceModel).search([["expires_at", "<", now]], { limit: sweptAtOnce });
      if (old.length > 0) await system.of(onceModel).unlink(old);
      return old.length;
    }),
  );
}

interface Known {
  readonly callHash: string;
  readonly groups: readonly string[];
  readonly result: unknown;
}

function knownAnswer(env: Environment, keyHash: string): Promise<Known | undefined> {
  return env.system("find the answer of a call that is made once", async (system) => {
    const [row] = await system
      .of(onceModel)
      .searchRead([["key_hash", "=", keyHash]], ["call_hash", "result", "groups", "expires_at"], {
        limit: 1,
      });
    if (row === undefined) return undefined;
    if (row.expires_at.epochMilliseconds > env.clock.now())
      return { callHash: row.call_hash, result: row.result, groups: groupsIn(row.groups) };
    await system.of(onceModel).unlink([row.id]);
    return undefined;
  });
}

/** What an earlier version kept says nothing of groups: then one counts as held that nobody holds any more. */
function groupsIn(kept: unknown): readonly string[] {
  return Array.isArray(kept) ? kept.map(String) : [unknownGroup];
}

function repeated({ callHash, result }: Known, wanted: string): unknown {
  if (callHash === wanted) return result;
  throw new ExpectedError("invalid", "This idempotency key was used for another call.", {
    hint: `Take a new key for each new call; a key is kept for ${keptHours} hours.`,
  });
}

/** Takes the key before the work: whoever comes second waits here until the first has ended. */
async function claim(
  env: Environment,
  given: {
    readonly keyHash: string;
    readonly callHash: string;
    readonly userId: number;
    readonly name: string;
  },
): Promise<number> {
  const expires = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).add({ hours: keptHours });
  try {
    const [id] = await env.system("take the key of a call that is made once", (system) =>
      system.of(onceModel).create([
        {
          key_hash: given.keyHash,
          call_hash: given.callHash,
          user_id: given.userId,
          method: given.name,
          groups: [...env.actor.groups],
          expires_at: expires,
        },
      ]),
    );
    return id as number;
  } catch (error) {
    const taken =
      error instanceof ExpectedError &&
      error.code === "conflict" &&
      error.about?.model === onceModel.name &&
      error.about.fields.includes("key_hash");
    throw taken ? new MadeMeanwhile() : error;
  }
}

/** Names in one order, so that the same call written otherwise is the same call. */
function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex");
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
