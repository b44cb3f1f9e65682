import { z } from "zod";
import { bytesSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

const count = z.int().nonnegative();
/** Number of one of a customer's data keys, counted from 1. */
export const generationSchema = z.int().min(1).max(1_000_000);

const formerKey = z.object({ generation: generationSchema, until: z.iso.datetime() });

/** Which data key of a customer is the current one (0: none), and which former ones are kept. */
export const lookAtDataKey = defineMethod({
  name: "key.look",
  input: z.strictObject({ tenantId: tenantIdSchema }),
  output: z.object({ generation: count, former: z.array(formerKey) }),
});
/** Makes the data key that follows number `from`, in every place of the keystore. `conflict` when it is another by now. */
export const renewDataKey = defineMethod({
  name: "key.renew",
  input: z.strictObject({ tenantId: tenantIdSchema, from: generationSchema }),
  output: z.object({ changed: z.boolean() }),
});
/** Signs the catalogs in every vault under the current data key. */
export const signCatalogs = defineMethod({
  name: "catalog.sign",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema }),
  output: z.object({ failed: z.array(z.object({ vault: z.string(), reason: z.string() })) }),
});
/** Seals one batch of stored files anew, those whose digests come after `after`. `next` null: none is left. */
export const resealStoredFiles = defineMethod({
  name: "key.reseal",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema, after: z.string().regex(/^([0-9a-f]{64})?$/) }),
  output: z.object({
    next: z.string().nullable(),
    looked: count,
    resealed: count,
    bytes: bytesSchema,
    damaged: count,
  }),
});
/** Destroys a former data key everywhere, with a certificate; refused while anything is under it. Safe to run again. */
export const destroyFormerKey = defineMethod({
  name: "key.destroyFormer",
  progress: true,
  input: z.strictObject({
    tenantId: tenantIdSchema,
    generation: generationSchema,
    subject: z.string().max(200),
    now: z.boolean().default(false),
  }),
  output: z.object({ changed: z.boolean() }),
});
