import { z } from "zod";
import { backupSummarySchema, copiesWrittenSchema, signedManifestSchema } from "./backup-methods.ts";
import { defineDownload, defineUpload } from "./byte-method.ts";
import { backupIdSchema, bytesSchema, customerNameSchema, tenantIdSchema } from "./ids.ts";

const range = {
  fromByte: bytesSchema.default(0),
  /** Before this byte; null: to the end. */
  toByte: bytesSchema.nullable().default(null),
};
const zip = z.object({ bytes: bytesSchema });

/**
 * A stored backup as one zip of dump.sql, filestore/ and manifest.json; any range of it is made again from the
 * stored copy, nothing plain is kept. The head has the size of the whole zip. Claim BAK-4.
 */
export const exportBackup = defineDownload({
  name: "backup.export",
  input: z.strictObject({
    tenantId: tenantIdSchema,
    backupId: backupIdSchema,
    /** As it was signed when the backup was taken; absent: the vaults are read for it first. */
    signed: signedManifestSchema.optional(),
    ...range,
  }),
  head: zip,
});

/** Takes a zip in as a backup of a tenant, in every vault. Hostile: refused by name, and nothing is left. */
export const importBackup = defineUpload({
  name: "backup.import",
  input: z.strictObject({
    tenantId: tenantIdSchema,
    backupId: backupIdSchema,
    name: z.string(),
    /** An operator vouches that the zip is of whom it says. */
    vouched: z.boolean().default(false),
  }),
  output: z.object({
    ...copiesWrittenSchema.shape,
    signed: signedManifestSchema,
    takenAt: z.string(),
    from: z.object({ name: z.string(), takenAt: z.string(), tenantId: z.string() }),
  }),
});

/** Whose backup: by name for operators, by tenant for a customer's own screens. */
export const ownerSchema = z.union([
  z.strictObject({ customer: customerNameSchema }),
  z.strictObject({ tenantId: tenantIdSchema }),
]);
export type Owner = z.output<typeof ownerSchema>;

/** The zip of a backup, for its customer or an operator; each download is written down with who asked. */
export const downloadBackup = defineDownload({
  name: "backup.download",
  input: z.strictObject({
    of: ownerSchema,
    backupId: backupIdSchema,
    /** A login, and from where. */
    by: z.string().max(300),
    ...range,
  }),
  head: zip.extend({ fileName: z.string(), backupId: backupIdSchema }),
});

/** What came of a zip that was taken in. */
export const takenInSchema = z.object({
  backupId: backupIdSchema,
  state: z.string(),
  summary: backupSummarySchema,
  from: z.object({ name: z.string(), takenAt: z.string() }),
});

/** Takes a zip in as a backup of a customer; it is then restored as any other. */
export const uploadBackup = defineUpload({
  name: "backup.upload",
  input: z.strictObject({ of: ownerSchema, by: z.string().max(300) }),
  output: takenInSchema,
});
