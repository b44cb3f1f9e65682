import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { operationKind } from "../operations/step.ts";
import { readBack } from "./read-back.ts";

const input = z.object({ backupId: z.number().int(), key: backupIdSchema, tenantId: tenantIdSchema });

/** Reads every copy of a backup again, so that rot is found while another copy is whole. */
export const verifyBackup = operationKind<z.output<typeof input>>({
  kind: "backup.verify",
  input,
  steps: [readBack],
});
