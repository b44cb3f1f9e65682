import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { Database } from "@holdfast/panel/database";
import { requestUpgrade } from "@holdfast/panel/request";
import { applySchemaOf, planSchemas, type SchemaPlanOf } from "@holdfast/protocol/schema-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import type { Parts } from "../parts.ts";
import { follow } from "./follow.ts";
import { databaseIdOf } from "./rows.ts";

/** Most databases that one plan looks at. */
const maxPlans = 1_000;

/** What the command line asks about schemas. */
export function schemaHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(planSchemas, async ({ customer }) => ({ databases: await plans(parts, customer) })),
    handle(applySchemaOf, async ({ customer }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      const operation = await parts.data.writing(controlActor, (env) => requestUpgrade(env, databaseId));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return { operationId: ended.operationId };
    }),
  ];
}

async function plans(parts: Parts, customer: string | undefined): Promise<SchemaPlanOf[]> {
  const named = customer === undefined ? [] : [["name", "=", customer] as const];
  const rows = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead([["state", "=", "running"], ...named], ["name", "tenant_id", "apps"], {
      order: "name",
      limit: maxPlans,
    });
  if (customer !== undefined && rows.length === 0)
    throw new ExpectedError("not_found", `there is no running database "${customer}"`, {
      hint: "bin/holdfast customer list",
    });
  const found: SchemaPlanOf[] = [];
  for (const row of rows) {
    const tenantId = present(parseId<"tenant">(row.tenant_id), "a tenant id");
    const plan = await parts.tenants.schemaPlan(tenantId, row.apps as string[]);
    found.push({
      customer: row.name,
      migrations: plan.migrations.map((one) => ({ ...one, steps: [...one.steps] })),
      steps: [...plan.tables, ...plan.constraints].map((step) => step.label),
      refusals: [...plan.refusals],
    });
  }
  return found;
}
