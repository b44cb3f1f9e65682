import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";

/** The database that an operation is about, as it was when the work was asked for; the panel's `addWorkOn` writes it. */
export const databaseSubject = z.object({
  databaseId: z.number().int(),
  tenantId: tenantIdSchema,
  name: z.string(),
  apps: z.array(z.string()),
});
export type DatabaseSubject = z.output<typeof databaseSubject>;

/** The same where no app's code runs. */
export const bareSubject = databaseSubject.omit({ apps: true });
export type BareSubject = z.output<typeof bareSubject>;

/** A database and one backup of it. */
export const backupSubject = databaseSubject.extend({
  backupId: z.number().int(),
  key: backupIdSchema,
});
export type BackupSubject = z.output<typeof backupSubject>;

/** One backup as it lies in the vaults; its database may be gone. */
export const copiesSubject = backupSubject.pick({ tenantId: true, backupId: true, key: true });
export type CopiesSubject = z.output<typeof copiesSubject>;
