import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { z } from "zod";
import { type Sealed, sealedSchema } from "./sealed.ts";

/** Former data keys of one customer. A record with more would not be read back. */
export const maxFormer = 100;

const recordSchema = z.strictObject({
  format: z.literal(1),
  tenantId: z.string(),
  dataKey: sealedSchema.nullable(),
  password: sealedSchema.nullable(),
  /** Number of the data key; absent: the first. */
  generation: z.int().positive().optional(),
  /** Data keys before it that a backup may still need, and since when nothing is sealed under each. */
  former: z
    .array(z.strictObject({ generation: z.int().positive(), dataKey: sealedSchema, until: z.iso.datetime() }))
    .max(maxFormer)
    .optional(),
  /** Keys of single purposes, derived from the first data key; see lastingPurposes. */
  lasting: z.record(z.string(), sealedSchema).optional(),
});
/** One customer's secrets as they lie in the keystore. */
export type KeyRecord = z.output<typeof recordSchema>;
/** Of the two secrets that a record may hold. */
export type SecretName = "dataKey" | "password";

/** @returns null for what is no record of a tenant. */
export const tenantOf = (name: string): TenantId | null =>
  parseId<"tenant">(name.replace(/\.json$/, "")) ?? null;

/** Whether a record, readable or not, may hold a data key: only one that surely does not may be thrown away. */
export function holdsKey(content: string): boolean {
  try {
    return recordSchema.parse(JSON.parse(content)).dataKey !== null;
  } catch {
    return true;
  }
}

/** What a secret is sealed as; the first data key's is older than the numbers. */
export function contextOf(tenantId: TenantId, name: SecretName, generation = 1): string {
  const numbered = name === "dataKey" && generation > 1 ? `${name} ${generation}` : name;
  return `holdfast ${numbered} of ${tenantId}`;
}

/** What a key of a lasting purpose is sealed as. */
export const lastingContext = (tenantId: TenantId, purpose: string): string =>
  `holdfast ${purpose} key of ${tenantId}`;

/** Of the texts that open the one with the newest data key; of equals the first. */
export function bestRecord(
  texts: readonly string[],
  open: (text: string) => KeyRecord,
): KeyRecord | undefined {
  const records = [...new Set(texts)].flatMap((text) => {
    try {
      return [open(text)];
    } catch {
      return [];
    }
  });
  return records.sort((one, other) => (other.generation ?? 1) - (one.generation ?? 1))[0];
}

/** Every secret of a record, sealed again by `again`. */
export function resealed(
  tenantId: TenantId,
  record: KeyRecord,
  again: (sealed: Sealed, context: string) => Sealed,
): KeyRecord {
  const { dataKey, password, generation, former, lasting } = record;
  const sealFormer = (each: NonNullable<KeyRecord["former"]>[number]) => ({
    ...each,
    dataKey: again(each.dataKey, contextOf(tenantId, "dataKey", each.generation)),
  });
  const sealLasting = ([purpose, key]: readonly [string, Sealed]) =>
    [purpose, again(key, lastingContext(tenantId, purpose))] as const;
  return {
    ...record,
    dataKey: dataKey && again(dataKey, contextOf(tenantId, "dataKey", generation)),
    password: password && again(password, contextOf(tenantId, "password")),
    ...(former ? { former: former.map(sealFormer) } : {}),
    ...(lasting ? { lasting: Object.fromEntries(Object.entries(lasting).map(sealLasting)) } : {}),
  };
}

/** @throws ExpectedError `conflict` when it is damaged, or of another tenant. */
export function parseRecord(text: string, tenantId: TenantId): KeyRecord {
  try {
    const record = recordSchema.parse(JSON.parse(text));
    if (record.tenantId === tenantId) return record;
  } catch {
    // Falls through: whatever is wrong with it, it is not ours.
  }
  throw new ExpectedError("conflict", `the keystore record of ${tenantId} is damaged`, {
    hint: "put back the keystore from its replica",
  });
}
