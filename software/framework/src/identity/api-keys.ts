import { createHash, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import { apiKeysModel } from "./models.ts";

const pattern = /^(hfk_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]{43}$/;
const prefixBytes = 6;
const secretBytes = 32;
const maxKeysPerUser = 50;
const maxDays = 730;

/** @returns whether a text has the form of an API key; it may still be nobody's. */
export function looksLikeApiKey(text: string): boolean {
  return pattern.test(text);
}

/** @returns the key, this one time. @throws ExpectedError `invalid`. */
export async function createApiKey(
  env: Environment,
  userId: number,
  given: { readonly name: string; readonly scope: string; readonly days: number },
): Promise<string> {
  if (!(given.days >= 1 && given.days <= maxDays))
    throw new ExpectedError("invalid", `an API key cannot be valid for ${given.days} days: 1 to ${maxDays}`);
  const prefix = `hfk_${Buffer.from(env.random.bytes(prefixBytes)).toString("base64url")}`;
  const key = prefix + Buffer.from(env.random.bytes(secretBytes)).toString("base64url");
  const expires = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).add({ hours: given.days * 24 });
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
        scope: given.scope,
        expires_at: expires,
      },
    ]);
  });
  return key;
}

/** Revokes all keys of a user, in the caller's transaction. @returns how many. */
export async function endApiKeysOf(env: Environment, userId: number): Promise<number> {
  return env.system("end a user's API keys", async (system) => {
    const keys = system.of(apiKeysModel);
    const ids = await keys.search([
      ["user_id", "=", userId],
      ["revoked", "=", false],
    ]);
    if (ids.length > 0) await keys.write(ids, { revoked: true });
    return ids.length;
  });
}

/**
 * Checks a key; a fast hash is enough for 256 random bits.
 *
 * @returns its user's id, or null: unknown, expired, revoked. Whether the user is active is asked by whoever builds the actor.
 */
export async function userOfApiKey(data: DataSource, key: string): Promise<number | null> {
  const prefix = pattern.exec(key)?.[1];
  if (prefix === undefined) return null;
  const env = data.reading(publicActor);
  const [row] = await env.system("check an API key", (system) =>
    system
      .of(apiKeysModel)
      .searchRead([["prefix", "=", prefix]], ["user_id", "key_hash", "expires_at", "revoked"], { limit: 1 }),
  );
  if (row === undefined || row.revoked || !sameHash(row.key_hash, hashOf(key))) return null;
  if (row.expires_at !== null && row.expires_at.epochMilliseconds <= env.clock.now()) return null;
  return row.user_id.id;
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
