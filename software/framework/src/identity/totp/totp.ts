import { createHmac, timingSafeEqual } from "node:crypto";

/** Length of one step, in seconds. */
export const stepSeconds = 30;
const digits = 6;
/** Steps before and after the present one that are taken as well: clocks differ, people type slowly. */
const driftSteps = 1;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The number of the step that a moment lies in. */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / 1_000 / stepSeconds);
}

/** The code of one step: HMAC-SHA-1, six digits, as every authenticator app has it. Source: RFC 6238, RFC 4226. */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac[mac.byteLength - 1] ?? 0) & 0x0f;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, "0");
}

/**
 * Finds the step that a code belongs to.
 *
 * @param lastStep - of the last code that was taken; it and all before it are used up (RFC 6238, 5.2).
 * @returns the step to remember, or undefined when the code is wrong, too old or was used.
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  { nowMs, lastStep }: { readonly nowMs: number; readonly lastStep: number },
): number | undefined {
  const given = Buffer.from(code.replaceAll(/[\s-]/g, ""));
  const now = stepAt(nowMs);
  let found: number | undefined;
  for (let step = now - driftSteps; step <= now + driftSteps; step++) {
    const right = Buffer.from(totpCode(secret, step));
    const same = given.byteLength === right.byteLength && timingSafeEqual(given, right);
    if (same && step > lastStep) found = step;
  }
  return found;
}

/** Base32 without padding, as authenticator apps take it. Source: RFC 4648. */
export function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/** What the QR code says. @param issuer - whose account: shown in the app beside the login. */
export function otpauthUri(secret: Uint8Array, issuer: string, login: string): string {
  const query = new URLSearchParams({
    secret: base32(secret),
    issuer,
    algorithm: "SHA1",
    digits: String(digits),
    period: String(stepSeconds),
  });
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(login)}`;
  return `otpauth://totp/${label}?${query.toString().replaceAll("+", "%20")}`;
}
