import { z } from "zod";
import { connectionSchema } from "./agent-methods.ts";
import { backupHeadSchema } from "./backup-methods.ts";
import { backupIdSchema, bytesSchema, operationIdSchema, tenantIdSchema } from "./ids.ts";
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

/** Which rows of what stands beside are meant; `only`: those that name one of these models. */
export const partTableSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/),
  only: z
    .strictObject({
      column: z.enum(["model", "res_model"]),
      values: z
        .array(z.string().regex(/^[a-z_][a-z0-9_.]{0,127}$/))
        .min(1)
        .max(500),
    })
    .optional(),
});
export const partsModeSchema = z.enum(["merge", "replace"]);
const countSchema = z.number().int().nonnegative();
/** What chosen parts of a backup change in the live database. */
export const partsSchema = z.object({
  tables: z.array(
    z.object({
      table: z.string(),
      added: countSchema,
      changed: countSchema,
      removed: countSchema,
      unchanged: countSchema,
    }),
  ),
  /** References that would lead nowhere: while there are any, nothing is changed. */
  dangling: z.array(
    z.object({ table: z.string(), column: z.string(), target: z.string(), rows: countSchema }),
  ),
  applied: z.boolean(),
});
/**
 * Brings chosen rows of the database beside into the live one, in one transaction of it; without `apply` only says
 * what that would change. `apply` is the operation's key: the same one is done once, however often it is asked for.
 * With `files` the restored files are put in place first.
 */
export const restorePartsOf = defineMethod({
  name: "restore.parts",
  progress: true,
  input: z.strictObject({
    tenantId: tenantIdSchema,
    tables: z.array(partTableSchema).min(1).max(5_000),
    mode: partsModeSchema,
    apply: operationIdSchema.optional(),
    files: z.boolean().default(false),
  }),
  output: partsSchema,
});

export const archiveTableSchema = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  key: z.array(z.string()),
});

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
    /** The tables as they were when the backup was taken; null: nobody can tell. */
    shape: z
      .array(
        z.object({
          name: z.string(),
          columns: z.array(
            z.object({
              name: z.string(),
              type: z.string(),
              required: z.boolean(),
              sequence: z.string().optional(),
            }),
          ),
        }),
      )
      .nullable(),
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
