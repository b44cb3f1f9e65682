import { z } from "zod";
import { connectionSchema } from "./agent-methods.ts";
import { backupHeadSchema } from "./backup-methods.ts";
import { backupIdSchema, bytesSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

const tenant = z.strictObject({ tenantId: tenantIdSchema });
const changed = z.object({ changed: z.boolean() });

/**
 * Makes an empty database and an empty file store beside the live ones of the same tenant: its key, its roles.
 * What a former try left there is removed first.
 */
export const beginBeside = defineMethod({ name: "restore.begin", input: tenant, output: changed });
/** Removes what stands beside, whatever its state; the live database is not touched. */
export const discardBeside = defineMethod({ name: "restore.discard", input: tenant, output: changed });
/** The login for rows, into the database that stands beside. */
export const openBeside = defineMethod({
  name: "restore.open",
  input: tenant,
  output: z.object({ connection: connectionSchema }),
});
/**
 * The database beside becomes the live one in one transaction, after its files; the live one is kept, closed.
 * Safe to run again; `changed` is false when it was done before.
 */
export const swapIn = defineMethod({ name: "restore.swap", input: tenant, output: changed });
/** The former database becomes the live one again. */
export const swapBack = defineMethod({ name: "restore.swapBack", input: tenant, output: changed });
/** What was swapped out by it is kept as the former database. */
export const keepUndone = defineMethod({ name: "restore.keepUndone", input: tenant, output: changed });
/** Removes the former database: from now on nothing can be undone. */
export const dropFormer = defineMethod({ name: "restore.dropFormer", input: tenant, output: changed });

export const archiveTableSchema = z.object({ name: z.string(), columns: z.array(z.string()) });

/**
 * What must be known before a restore begins: the archive's beginning from the first copy that opens, and what
 * this host has. Reads a few kilobytes of the backup; changes nothing.
 */
export const examineRestore = defineMethod({
  name: "restore.examine",
  progress: true,
  input: z.strictObject({
    tenantId: tenantIdSchema,
    sourceTenantId: tenantIdSchema,
    backupId: backupIdSchema,
  }),
  output: z.object({
    head: backupHeadSchema,
    takenAt: z.string(),
    tables: z.array(archiveTableSchema),
    /** The vault whose copy was opened. */
    vault: z.string(),
    /** Copies that did not open, each with its reason. */
    refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
    /** Of the compressed object. */
    objectBytes: bytesSchema,
    liveBytes: bytesSchema,
    /** Of the database that an earlier restore keeps for undoing; null: none. */
    formerBytes: bytesSchema.nullable(),
    freeDatabaseBytes: bytesSchema,
    freeFileBytes: bytesSchema,
  }),
});
