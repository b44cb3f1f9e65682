import { installApps } from "@holdfast/framework/modules/install";
import { Database } from "@holdfast/panel/database";
import { tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind } from "../operations/step.ts";

const input = z.object({
  databaseId: z.number().int(),
  tenantId: tenantIdSchema,
  name: z.string(),
  apps: z.array(z.string()),
});

/**
 * Brings a database to this version of its apps: what was added is added; what only a migration may do is
 * refused and the database stays as it is. Until then the server answers 503 for it: it refuses a schema
 * that it does not know.
 */
export const upgradeDatabase = operationKind<z.output<typeof input>>({
  kind: "database.upgrade",
  input,
  steps: [
    {
      name: "shape the database",
      run: ({ input, parts }) => parts.tenants.syncSchema(input.tenantId, input.apps, "all"),
    },
    {
      name: "fill in base data",
      run: ({ input, parts }) => parts.tenants.withData(input.tenantId, input.apps, installApps),
    },
    {
      name: "note the new shape",
      run: ({ input, parts }) =>
        parts.data.writing(controlActor, (env) =>
          env.of(Database).write([input.databaseId], {
            schema_digest: parts.catalog.registry(input.apps).schemaDigest,
          }),
        ),
    },
  ],
});
