import { removeDatabase, removeFiles, removeRoles, shredKey } from "@holdfast/protocol/agent-methods";
import { tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { operationKind } from "../operations/step.ts";
import { forgetDatabase } from "./database-steps.ts";

const input = z.object({ databaseId: z.number().int(), tenantId: tenantIdSchema, name: z.string() });

/**
 * Removes a database for good. There is no undo: what is destroyed stays destroyed, so a failure
 * is retried until it is through. Shredding the key comes last: until then backups open.
 */
export const deleteDatabase = operationKind<z.output<typeof input>>({
  kind: "database.delete",
  input,
  steps: [
    {
      name: "remove the database",
      run: async ({ input, parts }) => void (await parts.agent(removeDatabase, { tenantId: input.tenantId })),
    },
    {
      name: "remove its roles",
      run: async ({ input, parts }) => void (await parts.agent(removeRoles, { tenantId: input.tenantId })),
    },
    {
      name: "remove its files",
      run: async ({ input, parts }) => void (await parts.agent(removeFiles, { tenantId: input.tenantId })),
    },
    {
      name: "destroy its key",
      run: async ({ input, parts }) => void (await parts.agent(shredKey, { tenantId: input.tenantId })),
    },
    { name: "forget it", run: ({ input, parts }) => forgetDatabase(parts, input.databaseId) },
  ],
});
