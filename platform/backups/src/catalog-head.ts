import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Id, parseId } from "@holdfast/kernel/id";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { z } from "zod";
import { type DataKeys, everyKey } from "./data-keys.ts";

const uuid = <Kind extends string>() =>
  z.custom<Id<Kind>>((value) => typeof value === "string" && parseId(value) !== undefined);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const entrySchema = z.strictObject({
  backupId: uuid<"backup">(),
  takenAt: z.iso.datetime(),
  bytes: count,
  sha256: digest,
  /** Number of the data key that the backup is sealed under; absent: the first. */
  generation: z.int().positive().optional(),
  /** It came as a zip from outside: its own head says from whom. */
  imported: z.literal(true).optional(),
});

/** A legal hold: while it lasts nothing of the customer is deleted. */
export const holdSchema = z.strictObject({ since: z.iso.datetime(), reason: z.string().max(500) });
export type Hold = z.output<typeof holdSchema>;

/** Most backups of one customer that a vault holds: 14 of the plan, what is held, and what people take by hand. */
const maxEntries = 5_000;

const headSchema = z.strictObject({
  format: z.literal(1),
  tenantId: uuid<"tenant">(),
  vault: z.string().max(60),
  /** Grows with every change of the customer's catalog, over all vaults: a vault that was away leaves numbers out. */
  counter: z.int().positive(),
  /** Digest of this vault's head before; null for its first. */
  previous: digest.nullable(),
  at: z.iso.datetime(),
  backups: z.array(entrySchema).max(maxEntries),
  held: holdSchema.optional(),
});

/** All backups that one vault has of one customer, at one moment. */
export type CatalogHead = z.output<typeof headSchema>;
export type CatalogEntry = z.output<typeof entrySchema>;

/** Largest signed head that is read: 5,000 entries of some 200 bytes. */
export const maxHeadBytes: number = 2 * 2 ** 20;
const signPurpose = "catalog-head.v1";

/** A head as it lies in its vault: one line of JSON, one line with the HMAC-SHA-256 of the first. */
export function signHead(head: CatalogHead, dataKey: Uint8Array): Buffer {
  const text = JSON.stringify(headSchema.parse(head));
  return Buffer.from(`${text}\n${signatureOf(text, dataKey)}\n`);
}

/** @returns undefined when it is not signed by a key of this customer, or not a head at all. */
export function openHead(bytes: Buffer, keys: DataKeys): CatalogHead | undefined {
  return openSigned(bytes, keys)?.head;
}

/** As {@link openHead}, with the number of the key that signed it. */
export function openSigned(
  bytes: Buffer,
  keys: DataKeys,
): { readonly head: CatalogHead; readonly signedBy: number } | undefined {
  const [text = "", signature = "", end, ...more] = bytes.toString("utf8").split("\n");
  const stated = Buffer.from(signature);
  const signer = everyKey(keys).find(({ key }) => {
    const computed = Buffer.from(signatureOf(text, key));
    return stated.byteLength === computed.byteLength && timingSafeEqual(stated, computed);
  });
  if (signer === undefined || end !== "" || more.length > 0) return undefined;
  const parsed = headSchema.safeParse(JSON.parse(text));
  return parsed.success ? { head: parsed.data, signedBy: signer.generation } : undefined;
}

/** What the next head calls this one. */
export const headDigest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * What a head says, whoever signed it: to be believed only where a head that is signed names its digest as the one
 * before. So heads under a data key that was destroyed since are still known to be genuine.
 */
export function statedHead(bytes: Buffer): CatalogHead | undefined {
  try {
    const parsed = headSchema.safeParse(JSON.parse(bytes.toString("utf8").split("\n")[0] ?? ""));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function signatureOf(text: string, dataKey: Uint8Array): string {
  return createHmac("sha256", deriveKey(dataKey, signPurpose)).update(text).digest("hex");
}
