import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "@holdfast/kernel/random";

const nonceBytes = 12;
const tagBytes = 16;
const maxSealedCharacters = 16_384;

/**
 * Seals a short secret: AES-256-GCM under a key of the tenant, as text.
 *
 * @param purpose - what it is and whose (`totp of user 7`): a sealed text that is moved to another row does not open.
 * Source: claim ENC-5; NIST SP 800-38D (random nonces: far below 2^32 secrets under one key).
 */
export function sealSecret(
  key: Uint8Array,
  plain: string,
  { purpose, random }: { readonly purpose: string; readonly random: Random },
): string {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
}

/** @returns the secret, or undefined: changed, cut, sealed under another key or for another purpose. */
export function openSecret(key: Uint8Array, sealed: string, purpose: string): string | undefined {
  if (sealed.length > maxSealedCharacters || !/^[A-Za-z0-9_-]*$/.test(sealed)) return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.byteLength < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    const plain = [decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()];
    return Buffer.concat(plain).toString("utf8");
  } catch {
    return undefined;
  }
}
