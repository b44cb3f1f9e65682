import { createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "@holdfast/kernel/random";

/** How long a device stays known after a sign-in. */
export const deviceDays = 365;
const pattern = /^([1-9][0-9]{0,9})\.([0-9]{1,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/**
 * Says that this user signed in on this device before. It proves nothing else: with it, tries are counted for
 * the device instead of its address, so that a flood from the same address cannot lock its owner out.
 */
export function newDevice(
  key: Uint8Array,
  userId: number,
  given: { readonly nowMs: number; readonly random: Random },
): string {
  const nonce = Buffer.from(given.random.bytes(16)).toString("base64url");
  return signed(key, `${userId}.${given.nowMs}.${nonce}`);
}

/** @returns the device's nonce when the cookie is genuine, of this user and not too old. */
export function knownDevice(
  key: Uint8Array,
  cookie: string,
  given: { readonly userId: number; readonly nowMs: number },
): string | undefined {
  const [, userId, sinceMs, nonce] = pattern.exec(cookie) ?? [];
  if (nonce === undefined || Number(userId) !== given.userId) return undefined;
  if (given.nowMs - Number(sinceMs) > deviceDays * 86_400_000) return undefined;
  const expected = Buffer.from(signed(key, `${userId}.${sinceMs}.${nonce}`));
  const actual = Buffer.from(cookie);
  return expected.byteLength === actual.byteLength && timingSafeEqual(expected, actual) ? nonce : undefined;
}

/**
 * Whether a cookie is one that we gave somebody: asked before it is known whose account is tried, with no question to
 * the database. Whether it is this person's is {@link knownDevice}'s to say.
 */
export function genuineDevice(key: Uint8Array, cookie: string, nowMs: number): boolean {
  const userId = Number(pattern.exec(cookie)?.[1]);
  return knownDevice(key, cookie, { userId, nowMs }) !== undefined;
}

function signed(key: Uint8Array, text: string): string {
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}
