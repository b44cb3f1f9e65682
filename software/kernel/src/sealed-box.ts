import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "./random.ts";

const nonceBytes = 12;
const tagBytes = 16;
/** What a box is longer than what is in it. */
export const boxOverheadBytes: number = nonceBytes + tagBytes;

/**
 * Encrypts and authenticates with AES-256-GCM: nonce, cipher text, tag.
 *
 * @param context - what it is, and whose: a box that was moved elsewhere does not open there. Source: claim ENC-5;
 * NIST SP 800-38D: a random 96-bit nonce is safe for 2³² boxes under one key.
 */
export function sealBox(
  key: Uint8Array,
  plain: readonly Uint8Array[],
  { context, random }: { readonly context: string; readonly random: Random },
): Buffer {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  const text = plain.map((part) => cipher.update(part));
  return Buffer.concat([nonce, ...text, cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the bytes, the key or the context are not those of {@link sealBox}. */
export function openBox(key: Uint8Array, box: Uint8Array, context: string): Buffer {
  const end = Math.max(0, box.byteLength - tagBytes);
  const options = { authTagLength: tagBytes };
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, nonceBytes), options);
  decipher.setAAD(Buffer.from(context)).setAuthTag(box.subarray(end));
  return Buffer.concat([decipher.update(box.subarray(nonceBytes, end)), decipher.final()]);
}
