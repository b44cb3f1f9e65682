import { readFileSync, renameSync, writeFileSync } from "node:fs";
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
  startedAt: z.string(),
  parts: z.array(partStateSchema),
});
export type SupervisorState = z.output<typeof supervisorStateSchema>;

const pathOf = (folder: DataFolder): string => join(folder.run, "supervisor.json");

/** @returns what the last supervisor wrote, living or not; undefined when there was none or it is unreadable. */
export function readState(folder: DataFolder): SupervisorState | undefined {
  try {
    return supervisorStateSchema.parse(JSON.parse(readFileSync(pathOf(folder), "utf8")));
  } catch {
    return undefined;
  }
}

/** Not flushed to disk: after a loss of power no process of it lives anyway. */
export function writeState(folder: DataFolder, state: SupervisorState): void {
  const path = pathOf(folder);
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}
