import type { Row } from "@holdfast/framework/model/model";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "../actor.ts";
import type { WatchParts } from "./condition.ts";

const fields = [
  "name",
  "tenant_id",
  "customer_id",
  "create_date",
  "last_stored_at",
  "last_proven_at",
] as const;

/** A database that promises are kept to. */
export interface LiveDatabase extends Row<typeof Database, (typeof fields)[number]> {
  readonly isPaid: boolean;
}

const maxDatabases = 100_000;

/** Running databases that are no copies, with their plan. */
export async function liveDatabases({ data }: Pick<WatchParts, "data">): Promise<LiveDatabase[]> {
  const env = data.reading(controlActor);
  const databases = await env.of(Database).searchRead(
    [
      ["state", "=", "running"],
      ["neutralized", "=", false],
    ],
    fields,
    { limit: maxDatabases },
  );
  const paid = new Set(await env.of(Customer).search([["plan", "=", "paid"]], { limit: maxDatabases }));
  return databases.map((database) => ({ ...database, isPaid: paid.has(database.customer_id.id) }));
}
