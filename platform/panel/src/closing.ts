import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { refuseOtherName } from "./asked-about.ts";
import { copiesOf } from "./copies.ts";
import { Customer } from "./customer.ts";
import { Database } from "./database.ts";
import { one } from "./new-operation.ts";
import { requestDeletion, requestUpgrade } from "./request.ts";

/** A customer's database stays closed for so long before it and its key are destroyed. Source: claim ENC-5. */
export const graceMs: number = 14 * 86_400_000;

/** Whose end is asked for, and its name typed once more. */
export interface Ending {
  readonly databaseId: number;
  readonly confirm: string;
}

/**
 * Closes a customer's database and its copies on the side to everybody, and sets the day on which it is destroyed. Until
 * then nothing of it is lost: {@link requestReopening} opens them as they were, and its backups stay. A copy's own day
 * stays the same.
 *
 * @returns that day. @throws ExpectedError `conflict` under a legal hold, or when it does not run.
 */
export async function requestClosing(
  env: Environment,
  { databaseId, confirm }: Ending,
): Promise<Temporal.Instant> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "state", "tenant_id", "customer_id"]),
  );
  refuseOtherName(database.name, confirm);
  if (database.state !== "running")
    throw new ExpectedError("conflict", `"${database.name}" does not run, so it cannot be closed`);
  const customer = await one(env.of(Customer).read([database.customer_id.id], ["held_since"]));
  if (customer.held_since !== null)
    throw new ExpectedError("conflict", `a legal hold lies on the customer of "${database.name}"`, {
      hint: `bin/holdfast customer hold ${database.name} --lift ends it`,
    });
  const ends = Temporal.Instant.fromEpochMilliseconds(env.clock.now() + graceMs);
  const copies = await copiesThatAre(env, database.tenant_id, "running");
  await env.system("an operator closes a customer's database", async (system) => {
    await system.of(Database).write([databaseId], { state: "closed", expires_at: ends });
    await system.of(Database).write(copies, { state: "closed" });
  });
  return ends;
}

/** Opens what {@link requestClosing} closed. @returns the record id of the operation that brings it to this version. */
export async function requestReopening(env: Environment, databaseId: number): Promise<number> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "state", "tenant_id", "neutralized"]),
  );
  if (database.state !== "closed" || database.neutralized)
    throw new ExpectedError("conflict", `"${database.name}" is not closed by itself`, {
      hint: "a copy opens again with what it is a copy of",
    });
  const copies = await copiesThatAre(env, database.tenant_id, "closed");
  await env.system("an operator opens a closed database again", async (system) => {
    await system.of(Database).write([databaseId], { state: "running", expires_at: null });
    await system.of(Database).write(copies, { state: "running" });
  });
  const operationId = await requestUpgrade(env, databaseId);
  for (const copy of copies) await requestUpgrade(env, copy);
  return operationId;
}

async function copiesThatAre(
  env: Environment,
  tenantId: string,
  state: "running" | "closed",
): Promise<number[]> {
  return env.of(Database).search([
    ["id", "in", await copiesOf(env, tenantId)],
    ["state", "=", state],
  ]);
}

/**
 * What "Delete" means: a customer's running database is closed for the grace time; a copy or a failed one is destroyed
 * now. Asked twice it is closed all the same: whoever means the end before its time says so ({@link requestDestruction}).
 *
 * @returns the record id of the operation; undefined when it was closed. @throws ExpectedError `conflict` for a closed one.
 */
export async function requestEnding(env: Environment, ending: Ending): Promise<number | undefined> {
  const database = await one(env.of(Database).read([ending.databaseId], ["name", "state", "neutralized"]));
  refuseOtherName(database.name, ending.confirm);
  if (database.neutralized || !["running", "closed"].includes(database.state))
    return requestDeletion(env, ending.databaseId);
  if (database.state === "closed")
    throw new ExpectedError("conflict", `"${database.name}" is closed already`, {
      hint: '"Destroy now" ends it before its time',
    });
  await requestClosing(env, ending);
  return undefined;
}

/** Ends a closed database before its time. @returns the record id of the operation. @throws ExpectedError `conflict`. */
export async function requestDestruction(env: Environment, ending: Ending): Promise<number> {
  const database = await one(env.of(Database).read([ending.databaseId], ["name", "state"]));
  refuseOtherName(database.name, ending.confirm);
  if (database.state !== "closed")
    throw new ExpectedError("conflict", `"${database.name}" is not closed`, { hint: "delete it first" });
  return requestDeletion(env, ending.databaseId);
}
