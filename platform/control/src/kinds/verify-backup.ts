import { Backup } from "@holdfast/panel/backup";
import { verifyBackup as verify } from "@holdfast/protocol/backup-methods";
import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { keepCopies } from "../backup-copies.ts";
import { operationKind } from "../operations/step.ts";

const input = z.object({ backupId: z.number().int(), key: backupIdSchema, tenantId: tenantIdSchema });

/** Reads every copy of a backup again, so that rot is found while another copy is whole. */
export const verifyBackup = operationKind<z.output<typeof input>>({
  kind: "backup.verify",
  input,
  steps: [
    {
      name: "read it back from every vault",
      run: async ({ input, parts, signal, progress }) => {
        const [backup] = await parts.data.reading(controlActor).of(Backup).read([input.backupId], ["sha256"]);
        const { copies } = await parts.agent(
          verify,
          {
            tenantId: input.tenantId,
            backupId: input.key,
            ...(backup?.sha256 ? { sha256: backup.sha256 } : {}),
          },
          { signal, onProgress: progress },
        );
        return { state: await keepCopies(parts, { backupId: input.backupId, copies }), copies };
      },
    },
  ],
});
