import { createHash } from "node:crypto";
import type { Environment } from "../model/environment.ts";
import { pendingSignInModel } from "./pending-sign-in-model.ts";
import type { FirstFactor } from "./sign-in.ts";

/** How long a second factor is awaited. */
export const pendingMinutes = 10;
const idBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{43}$/;
const maxPendingPerUser = 10;

/** A sign-in that waits for its second factor. */
export interface PendingSignIn {
  readonly first: FirstFactor;
  readonly factors: readonly string[];
  readonly next: string;
}

/** Writes down that a second factor is awaited. @returns the id for the cookie; only its hash is stored. */
export async function pendSignIn(
  env: Environment,
  given: { readonly first: FirstFactor; readonly factors: readonly string[]; readonly next: string },
): Promise<string> {
  const id = Buffer.from(env.random.bytes(idBytes)).toString("base64url");
  const { first, factors, next } = given;
  await env.system("wait for a second factor", async (system) => {
    const pending = system.of(pendingSignInModel);
    const old = await pending.search([["user_id", "=", first.userId]], {
      order: "id desc",
      offset: maxPendingPerUser - 1,
    });
    if (old.length > 0) await pending.unlink(old);
    await pending.create([
      {
        token_hash: hashOf(id),
        user_id: first.userId,
        method: first.method,
        credential_version: first.credentialVersion,
        factors: factors.join(" "),
        next,
        expires_at: nowOf(system).add({ minutes: pendingMinutes }),
      },
    ]);
  });
  return id;
}

/** @param id - content of the cookie. @returns null when unknown or over. */
export function findPending(env: Environment, id: string): Promise<PendingSignIn | null> {
  return env.system("find a sign-in that waits for its second factor", async (system) => {
    const row = await rowOf(system, id);
    return row === undefined ? null : shownOf(row);
  });
}

/** Finds it and uses it up, in the caller's transaction: two at once, one commits. */
export function takePending(env: Environment, id: string): Promise<PendingSignIn | null> {
  return env.system("end the wait for a second factor", async (system) => {
    const row = await rowOf(system, id);
    if (row === undefined) return null;
    await system.of(pendingSignInModel).unlink([row.id]);
    return shownOf(row);
  });
}

/** Ends all sign-ins of a user that are under way: a password or factor was changed. */
export async function endPendingOf(env: Environment, userIds: readonly number[]): Promise<void> {
  await env.system("end sign-ins under way", async (system) => {
    const ids = await system.of(pendingSignInModel).search([["user_id", "in", userIds]]);
    if (ids.length > 0) await system.of(pendingSignInModel).unlink(ids);
  });
}

/** Removes those that nobody finished. @returns how many; at most 1,000 a run. */
export function sweepPending(env: Environment): Promise<number> {
  return env.system("remove sign-ins that nobody finished", async (system) => {
    const pending = system.of(pendingSignInModel);
    const over = await pending.search([["expires_at", "<", nowOf(system).toString()]], { limit: 1_000 });
    if (over.length > 0) await pending.unlink(over);
    return over.length;
  });
}

async function rowOf(system: Environment, id: string) {
  if (!idPattern.test(id)) return undefined;
  const [row] = await system
    .of(pendingSignInModel)
    .searchRead(
      [["token_hash", "=", hashOf(id)]],
      ["user_id", "method", "credential_version", "factors", "next", "expires_at"],
      { limit: 1 },
    );
  return row === undefined || row.expires_at.epochMilliseconds <= system.clock.now() ? undefined : row;
}

function shownOf(row: NonNullable<Awaited<ReturnType<typeof rowOf>>>): PendingSignIn {
  return {
    first: { userId: row.user_id.id, credentialVersion: row.credential_version, method: row.method },
    factors: row.factors.split(" "),
    next: row.next,
  };
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
