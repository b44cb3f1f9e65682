import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import { openBox, sealBox } from "@holdfast/kernel/sealed-box";
import { z } from "zod";

export const keyBytes = 32;

/** A short secret, encrypted and authenticated: base64 of a {@link sealBox}. */
export const sealedSchema = z.base64().brand<"sealed">();
export type Sealed = z.output<typeof sealedSchema>;

/**
 * Encrypts a short secret.
 *
 * @param context - what this secret is, and whose; opening under another context fails, so a sealed
 * value moved to another tenant's record is refused. Source: claim ENC-5.
 */
export function seal(key: Uint8Array, secret: Uint8Array, context: string, random: Random): Sealed {
  return sealedSchema.parse(sealBox(key, [secret], { context, random }).toString("base64"));
}

/** @throws ExpectedError `conflict` when the bytes, the key or the context are not those of {@link seal}. */
export function unseal(key: Uint8Array, sealed: Sealed, context: string): Buffer {
  try {
    return openBox(key, Buffer.from(sealed, "base64"), context);
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
