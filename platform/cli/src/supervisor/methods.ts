import { join } from "node:path";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { defineMethod } from "@holdfast/protocol/method";
import { z } from "zod";
import { supervisorStateSchema } from "./state.ts";

export const supervisorSocket = (folder: DataFolder): string => join(folder.run, "supervisor.sock");

export const supervisorState = defineMethod({
  name: "supervisor.state",
  input: z.strictObject({}),
  output: supervisorStateSchema,
});

/** Answers when every part is ready, and shows which are on the way; fails with the part that does not start. */
export const awaitReady = defineMethod({
  name: "supervisor.ready",
  progress: true,
  input: z.strictObject({}),
  output: supervisorStateSchema,
});
