import { z } from "zod";
import { copyStateSchema } from "./backup-methods.ts";
import { preflightSchema } from "./control-methods.ts";
import { backupIdSchema, customerNameSchema, operationIdSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";
import { listParts, partsWishSchema } from "./parts-methods.ts";
import { partsSchema } from "./restore-methods.ts";

/**
 * What a customer's own administrator may see and do with the backups of their database. `tenantId` comes from the
 * host name that was visited, never from the request's content: nobody can name another's.
 */
const own = { tenantId: tenantIdSchema };
const by = z.string().min(1).max(300);
const one = { ...own, backupId: backupIdSchema };

export const ownBackupSchema = z.object({
  backupId: backupIdSchema,
  takenAt: z.string(),
  state: z.string(),
  origin: z.enum(["taken", "safety", "imported"]),
  originNote: z.string().nullable(),
  storedAt: z.string().nullable(),
  provenAt: z.string().nullable(),
  proofError: z.string().nullable(),
  bytes: z.number().nullable(),
  rows: z.number().nullable(),
  files: z.number().nullable(),
  copies: z.array(
    z.object({
      state: copyStateSchema,
      city: z.string(),
      country: z.string(),
    }),
  ),
});
export type OwnBackup = z.output<typeof ownBackupSchema>;

export const ownOperationSchema = z.object({
  operationId: operationIdSchema,
  label: z.string(),
  state: z.enum(["pending", "running", "undoing", "done", "failed", "cancelled"]),
  step: z.string().nullable(),
  done: z.number().int(),
  total: z.number().int(),
  detail: z.string().nullable(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  cancellable: z.boolean(),
  /** Of a restore beside: where the copy answers. */
  url: z.string().nullable(),
  /** Of chosen parts: what they would change, or changed, and what can be asked for next. */
  parts: z
    .object({
      ...partsSchema.shape,
      ...partsWishSchema.shape,
      backupId: backupIdSchema,
      safetyBackup: backupIdSchema.nullable(),
    })
    .nullable(),
});
export type OwnOperation = z.output<typeof ownOperationSchema>;

export const ownCopySchema = z.object({
  name: z.string(),
  url: z.string().nullable(),
  state: z.string(),
  expiresAt: z.string().nullable(),
});

/** Everything that the screen of backups shows. */
export const ownBackups = defineMethod({
  name: "self.backups",
  input: z.strictObject(own),
  output: z.object({
    name: z.string(),
    lastStoredAt: z.string().nullable(),
    lastProvenAt: z.string().nullable(),
    /** Older than this without a stored backup: warned, then broken. */
    standing: z.enum(["well", "late", "broken", "none"]),
    /** What operators are alarmed about at this moment, of this database alone. */
    alarms: z.array(
      z.object({
        severity: z.enum(["notice", "warning", "critical"]),
        sentence: z.string(),
        since: z.string(),
      }),
    ),
    restoredAt: z.string().nullable(),
    undoUntil: z.string().nullable(),
    backups: z.array(ownBackupSchema),
    copies: z.array(ownCopySchema),
    operations: z.array(ownOperationSchema),
    transfers: z.array(z.object({ kind: z.string(), by: z.string(), at: z.string() })),
  }),
});
export const ownPreflight = defineMethod({
  name: "self.preflight",
  progress: true,
  input: z.strictObject(one),
  output: preflightSchema,
});
const started = z.object({ operationId: operationIdSchema });
export const ownTake = defineMethod({
  name: "self.take",
  input: z.strictObject({ ...own, by }),
  output: started,
});
export const ownRestore = defineMethod({
  name: "self.restore",
  input: z.strictObject({ ...one, confirm: z.string().max(100), by }),
  output: started,
});
export const ownRestoreBeside = defineMethod({
  name: "self.restoreBeside",
  input: z.strictObject({ ...one, as: customerNameSchema, by }),
  output: started,
});
/** Erases a person from the database, from its copies, and from whatever a restore brings back from now on. */
export const ownErase = defineMethod({
  name: "self.erase",
  input: z.strictObject({ ...own, partnerId: z.number().int().min(1).max(2_147_483_647), by }),
  output: started,
});
/** The models that can be brought back by themselves. */
export const ownParts = defineMethod({
  name: "self.parts",
  input: z.strictObject(own),
  output: listParts.output.extend({ name: z.string() }),
});
const parts = { ...one, ...partsWishSchema.shape, by };
export const ownLookAtParts = defineMethod({
  name: "self.lookAtParts",
  input: z.strictObject(parts),
  output: started,
});
export const ownRestoreParts = defineMethod({
  name: "self.restoreParts",
  input: z.strictObject({ ...parts, confirm: z.string().max(100) }),
  output: started,
});
export const ownUndo = defineMethod({
  name: "self.undo",
  input: z.strictObject({ ...own, confirm: z.string().max(100), by }),
  output: started,
});
export const ownOperation = defineMethod({
  name: "self.operation",
  input: z.strictObject({ ...own, operationId: operationIdSchema }),
  output: ownOperationSchema,
});
export const ownCancel = defineMethod({
  name: "self.cancel",
  input: z.strictObject({ ...own, operationId: operationIdSchema }),
  output: ownOperationSchema,
});
/** Keeps a copy for as long again, from now. */
export const ownExtendCopy = defineMethod({
  name: "self.extendCopy",
  input: z.strictObject({ ...own, copy: customerNameSchema }),
  output: ownCopySchema,
});
export const ownRemoveCopy = defineMethod({
  name: "self.removeCopy",
  input: z.strictObject({ ...own, copy: customerNameSchema }),
  output: started,
});
