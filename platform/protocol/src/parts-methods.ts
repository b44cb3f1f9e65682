import { z } from "zod";
import { backupIdSchema, customerNameSchema, operationIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";
import { partsModeSchema, partsSchema } from "./restore-methods.ts";

const operationRef = { operationId: operationIdSchema };
const ofCustomer = z.strictObject({ customer: customerNameSchema });

/** Chosen models of a backup, and whether what came since goes. */
export const partsWishSchema = z.strictObject({
  models: z.array(z.string().max(128)).min(1).max(200),
  mode: partsModeSchema,
});
/** The models whose records can be brought back by themselves. */
export const listParts = defineMethod({
  name: "restore.partsOffered",
  input: ofCustomer,
  output: z.object({ models: z.array(z.object({ model: z.string(), label: z.string() })) }),
});
const partsOfBackup = ofCustomer.extend({
  backupId: backupIdSchema.optional(),
  ...partsWishSchema.shape,
});
/** What bringing chosen models back would change, told by the very rows; changes nothing. Without an id: the newest. */
export const lookAtBackupParts = defineMethod({
  name: "restore.lookAtParts",
  progress: true,
  input: partsOfBackup,
  output: z.object({ ...operationRef, backupId: backupIdSchema, parts: partsSchema }),
});
/** Brings chosen models back into the live database, in one transaction of it, after a safety backup. */
export const restoreBackupParts = defineMethod({
  name: "restore.parts",
  progress: true,
  /** `confirm`: the database's name, typed again. */
  input: partsOfBackup.extend({ confirm: z.string() }),
  output: z.object({
    ...operationRef,
    backupId: backupIdSchema,
    safetyBackup: backupIdSchema,
    parts: partsSchema,
  }),
});

/** Erases a person (GDPR Art. 17): from the database, its copies, and whatever a restore brings back from now on. */
export const erasePersonOf = defineMethod({
  name: "person.erase",
  progress: true,
  input: z.strictObject({
    customer: customerNameSchema,
    /** The number of the contact. */
    partnerId: z.number().int().min(1).max(2_147_483_647),
    confirm: z.string(),
  }),
  output: z.object({
    ...operationRef,
    contacts: z.number().int(),
    users: z.number().int(),
    copies: z.number().int(),
  }),
});
