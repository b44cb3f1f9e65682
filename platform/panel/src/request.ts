import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { addBackup, addWorkOn, refuseUnstored } from "./asked-about.ts";
import { Backup } from "./backup.ts";
import { copiesOf } from "./copies.ts";
import { Customer, isCustomerName, isProbeName } from "./customer.ts";
import { Database } from "./database.ts";
import { addOperation, newKey, one } from "./new-operation.ts";
import { Operation } from "./operation.ts";

/** A copy on the side is deleted after so long, unless it is extended; its end is announced two days before. */
export const copyLivesMs: number = 14 * 86_400_000;

/** What a new customer's database starts with. */
export const defaultApps = ["base", "contacts", "products", "sales"] as const;

/**
 * Asks for work by writing it down: the rows and the operation commit together, and control takes it
 * from there. Rights are checked by reading what the work is about as the actor who asks.
 *
 * @returns the operation's record id.
 */
export async function requestDatabase(
  env: Environment,
  input: {
    readonly customerId: number;
    readonly demoData: boolean;
    readonly invite: boolean;
    /** Absent: a new one. */
    readonly tenantId?: string;
  },
): Promise<number> {
  const customer = await one(env.of(Customer).read([input.customerId], ["name", "email", "state"]));
  if (customer.state !== "draft")
    throw new ExpectedError("conflict", `"${customer.name}" has its database already`, {
      hint: "open it from the list of databases",
    });
  const { tenantId = newKey(env) } = input;
  return env.system("an operator asks for a customer's database", async (system) => {
    const databaseId = await one(
      system
        .of(Database)
        .create([
          { name: customer.name, tenant_id: tenantId, customer_id: customer.id, apps: [...defaultApps] },
        ]),
    );
    const operationId = await addOperation(system, {
      kind: "customer.create",
      label: `Create customer ${customer.name}`,
      input: {
        databaseId,
        tenantId,
        name: customer.name,
        login: customer.email,
        apps: [...defaultApps],
        demoData: input.demoData,
        invite: input.invite,
      },
      databaseId,
      customerId: customer.id,
    });
    await system.of(Customer).write([customer.id], { state: "active", operation_id: operationId });
    return operationId;
  });
}

/** Asks for one backup of a running database. @returns the operation's record id. */
export async function requestBackup(env: Environment, databaseId: number): Promise<number> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "state", "tenant_id", "customer_id", "apps"]),
  );
  if (database.state !== "running")
    throw new ExpectedError(
      "conflict",
      `"${database.name}" is not running, so that nothing can be backed up`,
    );
  return env.system("an operator asks for a backup", async (system) => {
    const { id: backupId, key } = await addBackup(system, database, "taken");
    return addWorkOn(system, database, {
      kind: "backup.take",
      label: `Back up ${database.name}`,
      more: { backupId, key },
    });
  });
}

/**
 * Asks to bring a database to this version of its apps. Only control asks, at its start.
 *
 * @returns the operation's record id.
 */
export async function requestUpgrade(env: Environment, databaseId: number): Promise<number> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "tenant_id", "customer_id", "apps"]),
  );
  return env.system("control upgrades a database", (system) =>
    addWorkOn(system, database, { kind: "database.upgrade", label: `Upgrade ${database.name}` }),
  );
}

/** Asks to read every copy of a backup again. @returns the operation's record id. */
export function requestVerification(env: Environment, backupId: number): Promise<number> {
  return requestOnCopies(env, backupId, { kind: "backup.verify", label: "Read back a backup of" });
}

/** Asks to copy what is whole of a backup to where it is damaged or missing. @returns the operation's record id. */
export function requestHealing(env: Environment, backupId: number): Promise<number> {
  return requestOnCopies(env, backupId, { kind: "backup.heal", label: "Heal a backup of" });
}

async function requestOnCopies(
  env: Environment,
  backupId: number,
  { kind, label }: { readonly kind: string; readonly label: string },
): Promise<number> {
  const backup = await one(
    env.of(Backup).read([backupId], ["key", "tenant_id", "database_id", "database_name", "state"]),
  );
  if (["taking", "failed", "locked"].includes(backup.state))
    throw new ExpectedError(
      "conflict",
      `backup ${backup.key} was never stored, so that there is nothing to read`,
    );
  return env.system("an operator asks to read a backup back or to heal it", (system) =>
    addOperation(system, {
      kind,
      label: `${label} ${backup.database_name}`,
      input: {
        backupId,
        key: backup.key,
        tenantId: backup.tenant_id,
        databaseId: backup.database_id?.id ?? null,
      },
      databaseId: backup.database_id?.id ?? null,
      customerId: null,
    }),
  );
}

/** Asks for a neutralized copy beside the live database. @returns the operation's record id. */
export async function requestRestore(
  env: Environment,
  input: {
    readonly backupId: number;
    readonly as: string;
    /** A drill of the trust part: its copies have names of their own. */
    readonly drill?: boolean;
  },
): Promise<number> {
  if (!isCustomerName(input.as) || isProbeName(input.as) !== (input.drill ?? false))
    throw new ExpectedError("invalid", `"${input.as}" cannot be the name of a copy`, {
      hint: "use 1 to 40 small letters, digits or inner hyphens, beginning with a letter",
    });
  const backup = await one(
    env.of(Backup).read([input.backupId], ["key", "tenant_id", "database_id", "database_name", "state"]),
  );
  refuseUnstored(backup, "it cannot be restored");
  if (!backup.database_id)
    throw new ExpectedError("conflict", `backup ${backup.key} has no database any more`);
  const origin = await one(
    env.of(Database).read([backup.database_id.id], ["name", "state", "customer_id", "apps"]),
  );
  if (isClosedToAll(origin.state))
    throw new ExpectedError("conflict", `"${origin.name}" is ${origin.state}, and so are its copies`, {
      hint: `bin/holdfast customer reopen ${origin.name}`,
    });
  const tenantId = newKey(env);
  return env.system("an operator asks for a restore on the side", async (system) => {
    const databaseId = await one(
      system.of(Database).create([
        {
          name: input.as,
          tenant_id: tenantId,
          customer_id: origin.customer_id.id,
          apps: origin.apps,
          neutralized: true,
          expires_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now() + copyLivesMs),
          origin_key: backup.key,
        },
      ]),
    );
    return addOperation(system, {
      kind: "backup.restore",
      label: `Restore ${backup.database_name} as ${input.as}`,
      input: {
        databaseId,
        tenantId,
        name: input.as,
        apps: origin.apps,
        backupId: input.backupId,
        key: backup.key,
        sourceTenantId: backup.tenant_id,
      },
      databaseId,
      customerId: origin.customer_id.id,
    });
  });
}

/** Whether nobody may come in any more, to copies neither. */
export const isClosedToAll = (state: string): boolean => state === "closed" || state === "deleting";

/**
 * Asks to remove a database with its roles, key, files and certificate. With a customer's own database go its copies on
 * the side: else what its key was destroyed for lay there in the open. @returns the operation's record id.
 */
export async function requestDeletion(env: Environment, databaseId: number): Promise<number> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "tenant_id", "customer_id", "state", "neutralized"]),
  );
  if (database.state === "deleting")
    throw new ExpectedError("conflict", `"${database.name}" is being deleted already`);
  const customer = await one(env.of(Customer).read([database.customer_id.id], ["held_since"]));
  if (customer.held_since !== null && !database.neutralized)
    throw new ExpectedError("conflict", `a legal hold lies on the customer of "${database.name}"`, {
      hint: "with its key every backup of it would be gone; bin/holdfast customer hold NAME --lift ends the hold",
    });
  const copies = database.neutralized
    ? []
    : await env.of(Database).search([
        ["id", "in", await copiesOf(env, database.tenant_id)],
        ["state", "!=", "deleting"],
      ]);
  for (const copy of copies) await requestDeletion(env, copy);
  return env.system("an operator deletes a database", async (system) => {
    await system.of(Database).write([databaseId], { state: "deleting" });
    return addOperation(system, {
      kind: "database.delete",
      label: `Delete ${database.name}`,
      input: {
        databaseId,
        tenantId: database.tenant_id,
        name: database.name,
        formerState: database.state,
      },
      databaseId,
      customerId: database.customer_id.id,
    });
  });
}

/**
 * Asks an operation to stop at its next step and undo what it did.
 *
 * @throws ExpectedError `conflict` when it ended, or a step began whose effect cannot be undone.
 */
export async function requestCancellation(env: Environment, operationId: number): Promise<void> {
  const operation = await one(env.of(Operation).read([operationId], ["label", "state", "irreversible"]));
  if (["done", "failed", "cancelled"].includes(operation.state))
    throw new ExpectedError("conflict", `"${operation.label}" ended already: ${operation.state}`);
  if (operation.irreversible)
    throw new ExpectedError("conflict", `"${operation.label}" is past return: what it removed is gone`, {
      hint: "let it end",
    });
  await env.system("an operator cancels an operation", (system) =>
    system.of(Operation).write([operationId], { cancel_requested: true }),
  );
}
