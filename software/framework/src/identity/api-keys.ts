import { createHash, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { KeyScope } from "../access/key-scope.ts";
import type { DataSource, Environment, Witness } from "../model/environment.ts";
import { type ActorRow, actorFields } from "./actors.ts";
import type { LimitedKey } from "./call-limit.ts";
import type { ApiKeyOptions } from "./identity.ts";
import { apiKeysModel, usersModel } from "./models.ts";

const pattern = /^(hfk_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]{43}$/;
const prefixBytes = 6;
const secretBytes = 32;
const maxKeysPerUser = 50;
const maxDays = 730;
const defaultDays = 365;
const maxModels = 100;
/** Most calls a minute that a limit can say. */
export const maxCallsPerMinute = 1_000_000;

/** A key that is valid now. */
export interface FoundApiKey extends LimitedKey {
  readonly userId: number;
  /** What its user's actor is made of. */
  readonly user: ActorRow;
  /** Undefined: it reaches as far as its user. */
  readonly scope: KeyScope | undefined;
  readonly witness: Witness | undefined;
  readonly expiresAtMs: number;
}

/** @returns whether a text has the form of an API key; it may still be nobody's. */
export function looksLikeApiKey(text: string): boolean {
  return pattern.test(text);
}

/** @returns the key, this one time. @throws ExpectedError `invalid`. */
export async function createApiKey(
  env: Environment,
  userId: number,
  given: ApiKeyOptions & { readonly name: string },
): Promise<string> {
  const { days = defaultDays, callsPerMinute = 0 } = given;
  if (!(days >= 1 && days <= maxDays))
    throw new ExpectedError("invalid", `an API key cannot be valid for ${days} days: 1 to ${maxDays}`);
  if (!(Number.isInteger(callsPerMinute) && callsPerMinute >= 0 && callsPerMinute <= maxCallsPerMinute))
    throw new ExpectedError("invalid", `an API key cannot make ${callsPerMinute} calls a minute`);
  const models = knownModels(env, given.models ?? []);
  const prefix = `hfk_${Buffer.from(env.random.bytes(prefixBytes)).toString("base64url")}`;
  const key = prefix + Buffer.from(env.random.bytes(secretBytes)).toString("base64url");
  const expires = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).add({ hours: days * 24 });
  await env.system("make an API key", async (system) => {
    const there = await system.of(apiKeysModel).count([["user_id", "=", userId]], { limit: maxKeysPerUser });
    if (there >= maxKeysPerUser)
      throw new ExpectedError("invalid", `a user has at most ${maxKeysPerUser} API keys`, {
        hint: "delete one that is not used",
      });
    await system.of(apiKeysModel).create([
      {
        name: given.name,
        user_id: userId,
        prefix,
        key_hash: hashOf(key),
        scope: given.scope ?? "rpc",
        read_only: given.readOnly ?? false,
        model_names: models.length === 0 ? null : models.join("\n"),
        calls_per_minute: callsPerMinute,
        expires_at: expires,
      },
    ]);
  });
  return key;
}

/** Revokes all keys of a user, in the caller's transaction. @returns how many. */
export async function endApiKeysOf(env: Environment, userIds: readonly number[]): Promise<number> {
  return env.system("end a user's API keys", async (system) => {
    const keys = system.of(apiKeysModel);
    const ids = await keys.search([
      ["user_id", "in", userIds],
      ["revoked", "=", false],
    ]);
    if (ids.length > 0) await keys.write(ids, { revoked: true });
    return ids.length;
  });
}
const keyFields = [
  "key_hash",
  "expires_at",
  "revoked",
  "read_only",
  "model_names",
  "calls_per_minute",
  "last_used_at",
] as const;
const userOf = {
  field: "user_id",
  model: usersModel,
  fields: actorFields,
  named: ["access_version_id"],
} as const;

/**
 * Checks a key: one statement, with every call, never cached; a fast hash is enough for 256 random bits.
 *
 * @param data - the request's own, so that its first statement goes in the same round trip.
 * @returns null: unknown, expired, revoked. Whether its user is active is asked by whoever builds the actor.
 */
export async function findApiKey(data: DataSource, key: string): Promise<FoundApiKey | null> {
  const prefix = pattern.exec(key)?.[1];
  if (prefix === undefined) return null;
  const env = data.reading(publicActor);
  const known = await env.system("check an API key", (system) =>
    system.of(apiKeysModel).searchWitness([["prefix", "=", prefix]], keyFields, userOf),
  );
  const row = known?.record;
  if (row === undefined || row.user_id === null || row.revoked || !sameHash(row.key_hash, hashOf(key)))
    return null;
  if (row.expires_at !== null && row.expires_at.epochMilliseconds <= env.clock.now()) return null;
  const models = row.model_names?.split("\n") ?? null;
  const scope = { readOnly: row.read_only, models: models === null ? null : new Set(models) };
  return {
    id: row.id,
    userId: row.user_id.id,
    user: row.user_id,
    callsPerMinute: row.calls_per_minute,
    lastUsed: row.last_used_at,
    scope: row.read_only || models !== null ? scope : undefined,
    witness: known?.witness,
    expiresAtMs: row.expires_at?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
  };
}

/** A misspelt model would make a key that reaches nothing, or, left out, one that reaches everything. */
function knownModels({ registry }: Environment, names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !registry.models.has(name));
  if (unknown !== undefined)
    throw new ExpectedError("invalid", `There is no model "${unknown.slice(0, 64)}".`, {
      hint: "Name models as the API does: res.partner.",
    });
  if (names.length > maxModels)
    throw new ExpectedError("invalid", `an API key names at most ${maxModels} models`);
  return [...new Set(names)];
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
