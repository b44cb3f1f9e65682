import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { z } from "zod";

const identitySchema = z.object({ pid: z.number().int(), startTicks: z.number(), bootId: z.string() });

export const partStateSchema = z.object({
  name: z.string(),
  state: z.enum(["waiting", "starting", "ready", "restarting", "stopping", "stopped"]),
  process: identitySchema.nullable(),
  since: z.string(),
  restarts: z.number().int(),
  /** Why it last ended, when it did so unasked. */
  lastEnd: z.string().nullable(),
});
export type PartState = z.output<typeof partStateSchema>;

export const supervisorStateSchema = z.object({
  supervisor: identitySchema,
  codeRoot: z.string(),
  codeStamp: z.string(),
  /** Whether server and control run under different users; a state written before there were two says no. */
  separated: z.boolean().default(false),
  startedAt: z.string(),
  parts: z.array(partStateSchema),
});
export type SupervisorState = z.output<typeof supervisorStateSchema>;

const pathOf = (folder: DataFolder): string => join(folder.run, "supervisor.json");

/**
 * @returns what the last supervisor wrote, living or not; undefined when there was none or it is unreadable.
 * Only a file of our own counts: others may write in this folder too, and root ends the processes named in it.
 */
export function readState(folder: DataFolder): SupervisorState | undefined {
  try {
    return supervisorStateSchema.parse(JSON.parse(readOwn(pathOf(folder))));
  } catch {
    return undefined;
  }
}

function readOwn(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return fstatSync(file).uid === process.getuid?.() ? readFileSync(file, "utf8") : "";
  } finally {
    closeSync(file);
  }
}

/**
 * Not flushed to disk: after a loss of power no process of it lives anyway. The service user may write in
 * this folder too, so the draft's name cannot be guessed and a link in its place is not followed.
 */
export function writeState(folder: DataFolder, state: SupervisorState): void {
  const draft = `${pathOf(folder)}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: 0o644, flag: "wx" });
    renameSync(draft, pathOf(folder));
  } finally {
    rmSync(draft, { force: true });
  }
}
