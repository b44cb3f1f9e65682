import { z } from "zod";
import { slotSchema } from "./agent-methods.ts";
import { backupIdSchema, bytesSchema, sha256Schema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** What a backup says of itself before its content: enough to rebuild the tables it needs. */
export const backupHeadSchema = z.object({
  /** The customer's name at that time. */
  name: z.string(),
  apps: z.array(z.object({ name: z.string(), version: z.string() })),
  codeVersion: z.string(),
  /** Who pays for it, and by which plan; the backup is sealed, so only the key's holder reads it. */
  customer: z
    .object({ name: z.string().max(200), email: z.string().max(320), plan: z.string().max(200) })
    .optional(),
  /** Of an import: from whom it says that it comes. */
  origin: z
    .object({ tenantId: z.string(), name: z.string(), takenAt: z.string(), vouched: z.boolean() })
    .optional(),
});
export type BackupHead = z.output<typeof backupHeadSchema>;

export const backupSummarySchema = z.object({
  tables: z.number().int().nonnegative(),
  rows: z.number().int().nonnegative(),
  files: z.number().int().nonnegative(),
  fileBytes: bytesSchema,
  /** Of all rows as text; absent in what was written before it was counted. */
  rowBytes: bytesSchema.optional(),
});
export type BackupSummary = z.output<typeof backupSummarySchema>;

/** See VaultTrouble in platform/backups: away and full pass by themselves, the others want a person. */
export const vaultTroubleSchema = z.enum(["away", "refused", "damaged", "full", "lying"]);
export type VaultTrouble = z.output<typeof vaultTroubleSchema>;

const copySchema = z.object({ vault: z.string(), bytes: bytesSchema, sha256: sha256Schema });
const one = z.strictObject({ tenantId: tenantIdSchema, backupId: backupIdSchema });

/** What was written to every vault. */
export const copiesWrittenSchema = z.object({
  bytes: bytesSchema,
  sha256: sha256Schema,
  summary: backupSummarySchema,
  copies: z.array(copySchema),
  /** Vaults that took nothing, or not all; nothing of it is left there. */
  failed: z.array(
    z.object({ vault: z.string(), reason: z.string(), trouble: vaultTroubleSchema.optional() }),
  ),
});
/** A manifest as it was signed. Names tables and counts; holds no value of the customer's. */
export const signedManifestSchema = z.object({ text: z.string(), signature: z.string() });

/** One encrypted archive to every vault at once. Closing the request stops it and leaves no object. */
export const takeBackup = defineMethod({
  name: "backup.take",
  progress: true,
  input: one.extend({ head: backupHeadSchema }),
  output: copiesWrittenSchema.extend({ signed: signedManifestSchema }),
});

export const copyStateSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("stored"), vault: z.string(), bytes: bytesSchema, sha256: sha256Schema }),
  z.object({ state: z.literal("damaged"), vault: z.string(), atByte: bytesSchema, reason: z.string() }),
  z.object({ state: z.literal("missing"), vault: z.string() }),
  /** The vault could not be asked, so that nothing is known of its copy now. */
  z.object({ state: z.literal("away"), vault: z.string(), reason: z.string() }),
]);
export type CopyState = z.output<typeof copyStateSchema>;

/** Reads each vault's copy back, authenticates every piece and compares digests. Claim BAK-2. */
export const verifyBackup = defineMethod({
  name: "backup.verify",
  progress: true,
  /** With `takenAt` what is whole is entered into its vault's signed catalog. */
  input: one.extend({
    sha256: sha256Schema.optional(),
    takenAt: z.iso.datetime().optional(),
    imported: z.boolean().optional(),
  }),
  output: z.object({ copies: z.array(copyStateSchema) }),
});

/**
 * Copies an intact copy's bytes to the vaults whose copy is damaged or missing; what was damaged there is
 * removed first. Changes nothing where every copy is intact; refused when none is.
 */
export const healBackup = defineMethod({
  name: "backup.heal",
  progress: true,
  input: one.extend({ sha256: sha256Schema }),
  output: z.object({
    /** The vault whose copy was taken; null when nothing was to do. */
    from: z.string().nullable(),
    healed: z.array(z.string()),
    failed: z.array(
      z.object({ vault: z.string(), reason: z.string(), trouble: vaultTroubleSchema.optional() }),
    ),
  }),
});

/** Reads head and summary from the first intact copy, so that control can build the tables before the load. */
export const describeBackup = defineMethod({
  name: "backup.describe",
  progress: true,
  input: one,
  output: z.object({
    head: backupHeadSchema,
    takenAt: z.string(),
    summary: backupSummarySchema,
    vault: z.string(),
  }),
});

/**
 * Copies rows and files of a backup into tables that exist already in `targetTenantId`'s database
 * (made from the declared models; an archive's SQL is never executed). Tries each vault in turn.
 */
export const loadBackup = defineMethod({
  name: "backup.load",
  progress: true,
  input: one.extend({ targetTenantId: tenantIdSchema, slot: slotSchema.default("live") }),
  output: z.object({
    vault: z.string(),
    /** Copies that were tried before and refused, each with its reason. */
    refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
    summary: backupSummarySchema,
  }),
});

/** Compares a database with a backup's manifest: equal means *proven*. */
export const compareBackup = defineMethod({
  name: "backup.compare",
  progress: true,
  input: one.extend({ targetTenantId: tenantIdSchema, slot: slotSchema.default("live") }),
  output: z.object({
    equal: z.boolean(),
    differences: z.array(z.string()).max(1_000),
    rows: z.number().int().nonnegative(),
    files: z.number().int().nonnegative(),
  }),
});

/** What lies in the vaults, whole objects only. */
export const listBackups = defineMethod({
  name: "backup.list",
  input: z.strictObject({ tenantId: tenantIdSchema.optional() }),
  output: z.object({
    objects: z.array(
      z.object({ vault: z.string(), tenantId: tenantIdSchema, backupId: backupIdSchema, bytes: bytesSchema }),
    ),
  }),
});

/** Takes a backup out of every vault; removing what is not there changes nothing. */
export const removeBackup = defineMethod({
  name: "backup.remove",
  input: one,
  output: z.object({
    changed: z.boolean(),
    /** Where it stays: a vault that does not answer, or keeps it under a lock. */
    /** `lockedUntil`: a lock keeps it until then, whoever asks; else the vault could not be asked. */
    left: z.array(
      z.object({ vault: z.string(), reason: z.string(), lockedUntil: z.iso.datetime().nullable() }),
    ),
  }),
});
