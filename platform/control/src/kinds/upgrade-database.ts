import { installApps } from "@holdfast/framework/modules/install";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "../actor.ts";
import { operationKind } from "../operations/step.ts";
import { type DatabaseSubject, databaseSubject } from "./subject.ts";

/**
 * Brings a database to this version of its apps: what was added is added; what only a migration may do is
 * refused and the database stays as it is. Until then the server answers 503 for it: it refuses a schema
 * that it does not know.
 */
export const upgradeDatabase = operationKind<DatabaseSubject>({
  kind: "database.upgrade",
  input: databaseSubject,
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
