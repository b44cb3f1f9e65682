import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const accessFileSchema = z.object({
  operator: z.object({ login: z.string(), password: z.string() }).optional(),
  customers: z.record(z.string(), z.object({ login: z.string(), password: z.string() })).default({}),
});
/** Generated first passwords, kept so that `bin/holdfast demo password` can show them again. */
export type AccessFile = z.output<typeof accessFileSchema>;

/** 0600, of the user that runs control. Only the demo and the first operator stand in it. */
function pathOf(root: string): string {
  return join(root, "run", "first-logins.json");
}

/** @returns an empty one when nothing was kept yet. */
export function readAccessFile(root: string): AccessFile {
  try {
    return accessFileSchema.parse(JSON.parse(readFileSync(pathOf(root), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { customers: {} };
    throw error;
  }
}

/** Replaces it in one step: a crash leaves the old one or the new one. */
export function writeAccessFile(root: string, access: AccessFile): void {
  const path = pathOf(root);
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
