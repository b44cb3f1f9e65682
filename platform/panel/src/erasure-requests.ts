import type { Environment } from "@holdfast/framework/model/environment";
import { addWorkOn, runningDatabase } from "./asked-about.ts";

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
    addWorkOn(system, database, {
      kind: "person.erase",
      label: `Erase a person from ${database.name}`,
      more: { partnerId: wish.partnerId, by: wish.by },
    }),
  );
}
