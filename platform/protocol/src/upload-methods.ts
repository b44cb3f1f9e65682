import { z } from "zod";
import { defineUpload } from "./byte-method.ts";
import { bytesSchema, customerNameSchema, sha256Schema, uploadIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";
import { ownerSchema, takenInSchema } from "./transfer-methods.ts";
import { wireErrorSchema } from "./wire.ts";

/** What is kept of an upload comes in blocks of this size; only the last one is shorter. */
export const uploadBlockBytes: number = 2 ** 20;

/** The largest zip that is taken in by pieces. */
export const largestUploadBytes: number = 64 * 2 ** 30;

/** `person`: a user of the owner's database; 0: an operator at the command line. */
const owned = z.strictObject({ of: ownerSchema, person: z.number().int().nonnegative() });
const one = owned.extend({ uploadId: uploadIdSchema });
const by = z.string().max(300);

/** Whom a zip shall become; absent: a backup of its owner. In the panel alone. */
export const newCustomerSchema = z.strictObject({
  customer: customerNameSchema,
  email: z.email().max(200),
});

/** A zip on its way. One of each person and database. */
export const uploadSchema = z.object({
  uploadId: uploadIdSchema,
  name: z.string(),
  /** What its sender said of it at the beginning, as it came. */
  metadata: z.string(),
  /** Of the whole. */
  bytes: bytesSchema,
  /** How many of them are here; the next one to send is at this place. */
  offset: bytesSchema,
  /** Of what is here: see `nextDigest`. Tells a different file from the same one. */
  digest: sha256Schema,
  /** Dropped then, unless more comes. */
  expiresAt: z.string(),
  /** While the whole zip is being taken in. */
  taking: z.object({ doneBytes: bytesSchema }).nullable(),
  /** How taking it in ended. A failure with the bytes still here can be tried again. */
  ended: z.union([takenInSchema, z.object({ error: wireErrorSchema })]).nullable(),
});
export type UploadState = z.output<typeof uploadSchema>;

/** Begins one; what its owner had begun before and not ended is dropped. */
export const beginUpload = defineMethod({
  name: "upload.begin",
  input: owned.extend({
    by,
    name: z.string().max(200),
    metadata: z.string().max(4_096).default(""),
    bytes: bytesSchema.positive().max(largestUploadBytes),
    /** Whom it shall become: refused now rather than after hours of sending. */
    as: newCustomerSchema.nullable().default(null),
  }),
  output: uploadSchema,
});

/** The owner's unfinished upload; null: there is none. */
export const lookAtUpload = defineMethod({
  name: "upload.look",
  input: owned,
  output: uploadSchema.nullable(),
});

/** Adds one block. `isNext` false: it was not the next one, and nothing of it was kept. */
export const appendToUpload = defineUpload({
  name: "upload.append",
  input: one.extend({ offset: bytesSchema }),
  output: z.object({ isNext: z.boolean(), offset: bytesSchema, digest: sha256Schema }),
});

/** Takes a zip in that is here whole, and goes on with that after its answer; safe to ask again. */
export const takeUpload = defineMethod({
  name: "upload.take",
  input: one.extend({ by, as: newCustomerSchema.nullable().default(null) }),
  output: uploadSchema,
});

/** Drops it, also while it is being taken in. Nothing is kept of it. */
export const dropUpload = defineMethod({
  name: "upload.drop",
  input: one,
  output: z.object({ changed: z.boolean() }),
});
