import { createHmac, timingSafeEqual } from "node:crypto";
import type { Environment } from "../../model/environment.ts";
import { type FactorParts, factorKey } from "../factors/factor-parts.ts";
import { useOnce } from "../factors/use-once.ts";

const randomBytes = 16;
const timeBytes = 6;
/** A sign-in page may stand open for a while before its passkey is touched. */
export const challengeSeconds = 3_600;

/**
 * A challenge that costs nothing to give out: random, its end, and an HMAC over both, what it is for and the
 * browser. It is written down only when it is used, so a flood of sign-in pages leaves no rows.
 *
 * @param binding - the form token of the page: another browser's challenge is none.
 */
export function newChallenge(
  parts: Pick<FactorParts, "key">,
  env: Environment,
  { purpose, binding }: { readonly purpose: string; readonly binding: string },
): string {
  const head = Buffer.alloc(randomBytes + timeBytes);
  head.set(env.random.bytes(randomBytes));
  head.writeUIntBE(env.clock.now() + challengeSeconds * 1_000, randomBytes, timeBytes);
  return Buffer.concat([head, macOf(parts, head, `${purpose}\n${binding}`)]).toString("base64url");
}

/** @returns whether the challenge is ours, for this purpose and browser, and was not used before; it is then. */
export async function takeChallenge(
  parts: Pick<FactorParts, "key" | "data">,
  env: Environment,
  given: { readonly challenge: string; readonly purpose: string; readonly binding: string },
): Promise<boolean> {
  const bytes = Buffer.from(given.challenge, "base64url");
  if (bytes.byteLength !== randomBytes + timeBytes + 32) return false;
  const head = bytes.subarray(0, randomBytes + timeBytes);
  const right = macOf(parts, head, `${given.purpose}\n${given.binding}`);
  if (!timingSafeEqual(bytes.subarray(head.byteLength), right)) return false;
  if (head.readUIntBE(randomBytes, timeBytes) <= env.clock.now()) return false;
  return useOnce(parts.data, `passkey challenge ${given.challenge}`, challengeSeconds);
}

function macOf(parts: Pick<FactorParts, "key">, head: Uint8Array, what: string): Buffer {
  return createHmac("sha256", factorKey(parts)).update(head).update(`passkey challenge\n${what}`).digest();
}
