declare const kind: unique symbol;

/** A UUIDv7 that remembers what it identifies, so that a tenant id is never passed for a backup id. */
export type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** A customer's database, as the platform names it. Opaque: PostgreSQL names derive from it. */
export type TenantId = Id<"tenant">;
export type BackupId = Id<"backup">;
export type OperationId = Id<"operation">;
export type UploadId = Id<"upload">;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** @returns the text as an id, or undefined when it is not a lower-case UUIDv7. */
export function parseId<Kind extends string>(text: string): Id<Kind> | undefined {
  return uuid.test(text) ? (text as Id<Kind>) : undefined;
}

/**
 * A UUIDv7: sorts by time of creation.
 *
 * @param nowMs - milliseconds since the epoch, from a {@link Clock}.
 * @param random - at least 10 random bytes.
 * Source: RFC 9562, section 5.7.
 */
export function newId<Kind extends string>(nowMs: number, random: Uint8Array): Id<Kind> {
  const bytes = new Uint8Array(16);
  let rest = nowMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id<Kind>;
}
