import { z } from "zod";
import { operationIdSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

const markSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * Who was erased from a customer's database: keyed digests, each list with the key to compare with (several after a loss;
 * see Tombstones). `key` is the one for further erasures; null: nobody ever was erased.
 */
export const readErasures = defineMethod({
  name: "erasure.read",
  input: z.strictObject({ tenantId: tenantIdSchema, make: z.boolean().default(false) }),
  output: z.object({
    key: z.base64().nullable(),
    lists: z.array(z.object({ key: z.base64(), marks: z.array(markSchema) })),
  }),
});
/** Writes down that somebody is erased, before anything is; every restore from then on knows. Safe to run again. */
export const noteErasure = defineMethod({
  name: "erasure.note",
  input: z.strictObject({
    tenantId: tenantIdSchema,
    id: operationIdSchema,
    at: z.iso.datetime(),
    marks: z.array(markSchema).min(1).max(100),
  }),
  output: z.object({ changed: z.boolean() }),
});
