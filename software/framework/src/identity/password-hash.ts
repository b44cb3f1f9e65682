import { pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { type Random, systemRandom } from "@holdfast/kernel/random";

/** A stored hash, taken apart. */
export interface ParsedHash {
  readonly rounds: number;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/** Fewest rounds that new hashes are made with. Source: claim PWD-1. */
export const minimumRounds = 600_000;
const maximumRounds = 20_000_000;
const digestBytes = 64;
const saltBytes = 16;
const format = /^\$pbkdf2-sha512\$([1-9][0-9]{0,7})\$([A-Za-z0-9./]{1,128})\$([A-Za-z0-9./]{86})$/;

/**
 * PBKDF2-HMAC-SHA512 in modular-crypt text: `$pbkdf2-sha512$rounds$salt$digest`.
 *
 * @param password - normalized (password-text.ts).
 *
 * Holds the thread for a third of a second: on a server only inside the hashing worker; provisioning may
 * call it. Read by passlib's `pbkdf2_sha512`. Source: claim PWD-1, RFC 8018.
 */
export function hashPassword(
  password: string,
  rounds = minimumRounds,
  random: Random = systemRandom,
): string {
  const salt = Buffer.from(random.bytes(saltBytes));
  const digest = pbkdf2Sync(password, salt, rounds, digestBytes, "sha512");
  return `$pbkdf2-sha512$${rounds}$${ab64(salt)}$${ab64(digest)}`;
}

/** @returns undefined for anything but a hash of {@link hashPassword}'s form, of any number of rounds. */
export function parseHash(text: string): ParsedHash | undefined {
  const [, rounds, salt, digest] = format.exec(text) ?? [];
  if (rounds === undefined || salt === undefined || digest === undefined) return undefined;
  if (Number(rounds) > maximumRounds) return undefined;
  return { rounds: Number(rounds), salt: fromAb64(salt), digest: fromAb64(digest) };
}

/**
 * Compares, always at the cost of at least `costRounds`: a hash of fewer rounds takes no less time, so that
 * time tells nothing of when somebody last signed in. A hash that is none costs the same and never fits.
 */
export function verifyPassword(password: string, stored: string | null, costRounds: number): boolean {
  const parsed = stored === null ? undefined : parseHash(stored);
  const { rounds, salt, digest } = parsed ?? {
    rounds: costRounds,
    salt: nothing.salt,
    digest: nothing.digest,
  };
  const computed = pbkdf2Sync(password, salt, rounds, digestBytes, "sha512");
  if (rounds < costRounds) pbkdf2Sync(password, salt, costRounds - rounds, digestBytes, "sha512");
  return timingSafeEqual(computed, digest) && parsed !== undefined;
}

const nothing = { salt: Buffer.alloc(saltBytes), digest: Buffer.alloc(digestBytes) };

/** passlib's "adapted base64": `.` for `+`, no padding. */
function ab64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/\+/g, ".").replace(/=+$/, "");
}

function fromAb64(text: string): Buffer {
  return Buffer.from(text.replace(/\./g, "+"), "base64");
}
