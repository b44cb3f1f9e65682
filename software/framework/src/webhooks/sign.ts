import { createHmac } from "node:crypto";
import type { Random } from "@holdfast/kernel/random";

const secretPrefix = "whsec_";
const secretBytes = 32;

/** A new signing secret: what the receiver puts into its verifier as it is. */
export function newSecret(random: Random): string {
  return secretPrefix + Buffer.from(random.bytes(secretBytes)).toString("base64");
}

/** What is signed, and when. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** Headers by which a receiver knows the sender and refuses repetitions. Source: standardwebhooks.com, 1.0.0. */
export function signatureHeaders(
  secret: string,
  { id, timestamp, body }: SignedMessage,
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.slice(secretPrefix.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}
