import { createCipheriv, createDecipheriv } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import { z } from "zod";

const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

/** A short secret, encrypted and authenticated: base64 of nonce, cipher text, tag. */
export const sealedSchema = z.base64().brand<"sealed">();
export type Sealed = z.output<typeof sealedSchema>;

/**
 * Encrypts a short secret with AES-256-GCM.
 *
 * @param context - what this secret is, and whose; opening under another context fails, so a sealed
 * value moved to another tenant's record is refused. Source: claim ENC-5; NIST SP 800-38D.
 * A random 96-bit nonce is safe for 2³² values under one key; a keystore has thousands.
 */
export function seal(key: Uint8Array, secret: Uint8Array, context: string, random: Random): Sealed {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(secret), cipher.final()]);
  return sealedSchema.parse(Buffer.concat([nonce, text, cipher.getAuthTag()]).toString("base64"));
}

/** @throws ExpectedError `conflict` when the bytes, the key or the context are not those of {@link seal}. */
export function unseal(key: Uint8Array, sealed: Sealed, context: string): Buffer {
  const bytes = Buffer.from(sealed, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(bytes.length - tagBytes));
    return Buffer.concat([
      decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)),
      decipher.final(),
    ]);
  } catch (cause) {
    throw new ExpectedError(
      "conflict",
      `cannot open the secret "${context}": it was changed, or sealed with another root key`,
      {
        hint: "put back root.key from the recovery file, or the keystore from its replica",
        cause,
      },
    );
  }
}

/** As {@link unseal}, with the first key that fits: while a rotation is on its way there are two. */
export function unsealWithAny(keys: readonly Uint8Array[], sealed: Sealed, context: string): Buffer {
  for (const key of keys.slice(0, -1))
    try {
      return unseal(key, sealed, context);
    } catch {
      // The next one may fit.
    }
  return unseal(keys.at(-1) ?? Buffer.alloc(keyBytes), sealed, context);
}
