import type { Environment } from "@holdfast/framework/model/environment";
import { addOperation } from "./new-operation.ts";
import { runningDatabase } from "./restore-requests.ts";

/**
 * Asks to erase a person from a customer's database. Of the person only the number of the contact is written down.
 *
 * @returns the operation's record id.
 */
export async function requestErasure(
  env: Environment,
  wish: { readonly databaseId: number; readonly partnerId: number; readonly by: string },
): Promise<number> {
  const database = await runningDatabase(env, wish.databaseId);
  return env.system("a person is to be erased", (system) =>
    addOperation(system, {
      kind: "person.erase",
      label: `Erase a person from ${database.name}`,
      input: {
        databaseId: database.id,
        tenantId: database.tenant_id,
        name: database.name,
        apps: database.apps,
        partnerId: wish.partnerId,
        by: wish.by,
      },
      databaseId: database.id,
      customerId: database.customer_id.id,
    }),
  );
}
