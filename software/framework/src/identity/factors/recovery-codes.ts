import { createHmac } from "node:crypto";
import type { Random } from "@holdfast/kernel/random";
import type { Environment } from "../../model/environment.ts";
import { base32 } from "../totp/totp.ts";
import { recoveryCodesModel } from "./models.ts";

/** How many codes a person gets at once. */
export const recoveryCodeCount = 10;
/** 80 bits: nothing to guess at five tries an hour, nor offline from the keyed hash. */
const codeBytes = 10;

/**
 * Makes new codes in the caller's transaction; the former ones end.
 *
 * @param key - the tenant's, for factors: without it the stored hashes say nothing.
 * @returns the codes, this one time: `ABCD-EFGH-IJKL-MNOP`.
 */
export async function makeRecoveryCodes(
  env: Environment,
  key: Uint8Array,
  userId: number,
): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, () => newCode(env.random));
  await env.system("make recovery codes", async (system) => {
    const model = system.of(recoveryCodesModel);
    const old = await model.search([["user_id", "=", userId]]);
    if (old.length > 0) await model.unlink(old);
    await model.create(codes.map((code) => ({ user_id: userId, code_hash: hashOf(key, userId, code) })));
  });
  return codes;
}

/** Uses a code up. @returns whether it was one of the person's, and unused. */
export async function useRecoveryCode(
  env: Environment,
  key: Uint8Array,
  given: { readonly userId: number; readonly code: string },
): Promise<boolean> {
  return env.system("use a recovery code", async (system) => {
    const model = system.of(recoveryCodesModel);
    const found = await model.search([
      ["user_id", "=", given.userId],
      ["code_hash", "=", hashOf(key, given.userId, given.code)],
    ]);
    if (found.length === 0) return false;
    await model.unlink(found);
    return true;
  });
}

/** @returns whether a text may be a recovery code rather than one of an app. */
export function looksLikeRecoveryCode(text: string): boolean {
  return plain(text).length === 16;
}

function newCode(random: Random): string {
  return (base32(random.bytes(codeBytes)).match(/.{4}/g) ?? []).join("-");
}

function plain(code: string): string {
  return code.toUpperCase().replaceAll(/[^A-Z2-7]/g, "");
}

function hashOf(key: Uint8Array, userId: number, code: string): string {
  return createHmac("sha256", key)
    .update(`recovery code of ${userId}: ${plain(code)}`)
    .digest("hex");
}
