import { deriveKey } from "./sealed-stream.ts";

/** The keys of one customer, as whoever works for it holds them: never logged, never sent on. */
export interface TenantKeys {
  /** 32 bytes; keys for single purposes are derived from it. */
  readonly dataKey: Uint8Array;
  /** Other data keys of the same customer, under which something may still lie sealed. */
  readonly otherKeys?: readonly Uint8Array[];
  /** Keys of {@link lastingPurposes} that were derived from the customer's first data key, once that was replaced. */
  readonly lastingKeys?: Readonly<Record<string, Uint8Array>>;
}

/**
 * Purposes whose key outlives the data key that it was derived from: rows of the database and things in people's hands
 * (recovery codes, passkeys, cookies) hang on it, and no change of a data key reaches these. Deriving goes one way, so
 * they tell nothing of a data key that was destroyed. A test holds this list against every purpose that is asked for.
 */
export const lastingPurposes: readonly string[] = ["factors.v1", "devices", "csrf", "throttle"];

/** The key of one purpose. */
export function keyFor(keys: TenantKeys, purpose: string): Uint8Array {
  return keys.lastingKeys?.[purpose] ?? deriveKey(keys.dataKey, purpose);
}

/** A purpose's key of every data key, the current one first: for what is opened, never for sealing. */
export function allKeysFor(keys: TenantKeys, purpose: string): Uint8Array[] {
  return [keys.dataKey, ...(keys.otherKeys ?? [])].map((key) => deriveKey(key, purpose));
}
