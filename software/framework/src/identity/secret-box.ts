import type { Random } from "@holdfast/kernel/random";
import { boxOverheadBytes, openBox, sealBox } from "@holdfast/kernel/sealed-box";

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
  return sealBox(key, [Buffer.from(plain)], { context: purpose, random }).toString("base64url");
}

/** @returns the secret, or undefined: changed, cut, sealed under another key or for another purpose. */
export function openSecret(key: Uint8Array, sealed: string, purpose: string): string | undefined {
  if (sealed.length > maxSealedCharacters || !/^[A-Za-z0-9_-]*$/.test(sealed)) return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.byteLength < boxOverheadBytes) return undefined;
  try {
    return openBox(key, bytes, purpose).toString("utf8");
  } catch {
    return undefined;
  }
}
