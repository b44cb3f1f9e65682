import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tenantIdSchema, uploadIdSchema } from "@holdfast/protocol/ids";
import { newCustomerSchema, uploadSchema } from "@holdfast/protocol/upload-methods";
import { z } from "zod";

const noteSchema = z.object({
  uploadId: uploadIdSchema,
  tenantId: tenantIdSchema,
  person: z.number().int().nonnegative(),
  name: z.string(),
  metadata: z.string().default(""),
  bytes: z.number().int().positive(),
  beganMs: z.number(),
  as: newCustomerSchema.nullable(),
  /** A customer that is made for it and has nothing yet: it goes again unless the zip goes in. Former notes had a number. */
  made: tenantIdSchema.nullable().catch(null),
  ended: uploadSchema.shape.ended,
});

/** What is known of an upload besides its bytes. */
export type UploadNote = z.output<typeof noteSchema>;

const fileName = "upload.json";
/** Beside it: the sealed blocks. A name of their own, so that a late block of a dropped upload finds no file. */
export const blocksName = ({ uploadId }: Pick<UploadNote, "uploadId">): string => `${uploadId}.blocks`;

/** @returns undefined where there is none, or none that we wrote. */
export function readNote(folder: string): UploadNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(join(folder, fileName), "utf8")));
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export function writeNote(folder: string, note: UploadNote): void {
  const fresh = join(folder, `${fileName}.new`);
  writeFileSync(fresh, JSON.stringify(note), { mode: 0o600, flush: true });
  renameSync(fresh, join(folder, fileName));
}
