import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Customer } from "./customer.ts";
import { Database } from "./database.ts";
import { one } from "./new-operation.ts";
import { requestDeletion, requestUpgrade } from "./request.ts";
import { refuseOtherName } from "./restore-requests.ts";

/** A customer's database stays closed for so long before it and its key are destroyed. Source: claim ENC-5. */
export const graceMs: number = 14 * 86_400_000;

/** Whose end is asked for, and its name typed once more. */
export interface Ending {
  readonly databaseId: number;
  readonly confirm: string;
}

/**
 * Closes a customer's database to everybody and sets the day on which it is destroyed. Until then nothing of it is
 * lost: {@link requestReopening} opens it as it was, and its backups stay.
 *
 * @returns that day. @throws ExpectedError `conflict` under a legal hold, or when it does not run.
 */
export async function requestClosing(
  env: Environment,
  { databaseId, confirm }: Ending,
): Promise<Temporal.Instant> {
  const database = await one(env.of(Database).read([databaseId], ["name", "state", "customer_id"]));
  refuseOtherName(database.name, confirm);
  if (database.state !== "running")
    throw new ExpectedError("conflict", `"${database.name}" does not run, so it cannot be closed`);
  const customer = await one(env.of(Customer).read([database.customer_id.id], ["held_since"]));
  if (customer.held_since !== null)
    throw new ExpectedError("conflict", `a legal hold lies on the customer of "${database.name}"`, {
      hint: `bin/holdfast customer hold ${database.name} --lift ends it`,
    });
  const ends = Temporal.Instant.fromEpochMilliseconds(env.clock.now() + graceMs);
  await env.system("an operator closes a customer's database", (system) =>
    system.of(Database).write([databaseId], { state: "closed", expires_at: ends }),
  );
  return ends;
}

/** Opens what {@link requestClosing} closed. @returns the record id of the operation that brings it to this version. */
export async function requestReopening(env: Environment, databaseId: number): Promise<number> {
  const database = await one(env.of(Database).read([databaseId], ["name", "state"]));
  if (database.state !== "closed") throw new ExpectedError("conflict", `"${database.name}" is not closed`);
  await env.system("an operator opens a closed database again", (system) =>
    system.of(Database).write([databaseId], { state: "running", expires_at: null }),
  );
  return requestUpgrade(env, databaseId);
}

/**
 * What "Delete" means: a customer's running database is closed for the grace time; a copy, a failed or a closed one is
 * destroyed now. @returns the record id of the operation; undefined when it was closed.
 */
export async function requestEnding(env: Environment, ending: Ending): Promise<number | undefined> {
  const database = await one(env.of(Database).read([ending.databaseId], ["name", "state", "neutralized"]));
  refuseOtherName(database.name, ending.confirm);
  if (database.state === "running" && !database.neutralized) {
    await requestClosing(env, ending);
    return undefined;
  }
  return requestDeletion(env, ending.databaseId);
}
