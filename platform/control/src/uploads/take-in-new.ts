import { ExpectedError } from "@holdfast/kernel/errors";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestDeletion } from "@holdfast/panel/request";
import { requestRestoreOver } from "@holdfast/panel/restore-requests";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { addCustomer } from "../handlers/customers.ts";
import { follow } from "../handlers/follow.ts";
import type { Parts } from "../parts.ts";
import { type Incoming, takeIn } from "./take-in.ts";
import type { UploadNote } from "./upload-note.ts";
import { uploadStep } from "./upload-steps.ts";

type NewCustomer = NonNullable<UploadNote["as"]>;

/** @throws ExpectedError `conflict` when the name is taken: asked before hours of sending. */
export async function refuseTaken({ data }: Pick<Parts, "data">, { customer }: NewCustomer): Promise<void> {
  const taken = await data
    .reading(controlActor)
    .of(Customer)
    .count([
      ["name", "=", customer],
      ["state", "!=", "draft"],
    ]);
  if (taken > 0)
    throw new ExpectedError("conflict", `There is a customer "${customer}" already.`, {
      hint: "Choose another name.",
    });
}

/**
 * Takes a zip in as the beginning of a new customer: should it be refused, the customer goes again. Whoever calls holds
 * a place for it already. Making the customer and letting it go again do not end with whoever asked: nothing half-made
 * is left. What the restore replaces is empty, and kept all the same: no safety backup of it is taken.
 *
 * @param made - is told which tenant is going to be made and is empty, so that a control that is killed at any moment
 *   after that lets it go at its start.
 */
export async function takeInAsNew(
  context: ControlContext,
  { customer, email }: NewCustomer,
  { made, ...incoming }: Omit<Incoming, "of"> & { readonly made: (tenantId: TenantId | null) => void },
) {
  const { parts, runner } = context;
  await refuseTaken(parts, { customer, email });
  const tenantId = newId<"tenant">(parts.clock.now(), parts.random.bytes(10));
  await uploadStep(parts, "note the new customer", () => made(tenantId));
  const taken = await make(context, { customer, email, tenantId, incoming }).catch(async (error: unknown) => {
    await uploadStep(parts, "let the new customer go", () => letGo(context, tenantId));
    made(null);
    throw error;
  });
  // From here on it is a customer like any other: nothing that fails now lets it go.
  await uploadStep(parts, "note the restore", () => made(null));
  runner.wake();
  return taken;
}

interface Making extends NewCustomer {
  readonly tenantId: TenantId;
  readonly incoming: Omit<Incoming, "of">;
}

async function make(context: ControlContext, { customer, email, tenantId, incoming }: Making) {
  const { parts } = context;
  const wish = { name: customer, plan: "trial", email, demoData: false, tenantId } as const;
  await uploadStep(parts, "make the new customer", async () => {
    const { operationId } = await toItsEnd(context, await addCustomer(context, wish));
    // Nobody signs in with it: the logins of the backup come.
    context.secretOf(operationId);
  });
  const taken = await takeIn(parts, { of: { customer }, ...incoming });
  await uploadStep(parts, "ask for the restore", () =>
    parts.data.writing(controlActor, async (env) => {
      const [databaseId = 0] = await env.of(Database).search([["tenant_id", "=", tenantId]]);
      const [backupId = 0] = await env.of(Backup).search([["key", "=", taken.backupId]]);
      const over = { databaseId, backupId, confirm: customer, by: incoming.by, withoutSafetyBackup: true };
      return requestRestoreOver(env, over);
    }),
  );
  return taken;
}

async function letGo(context: ControlContext, tenantId: TenantId): Promise<void> {
  const operation = await askToLetGo(context.parts, tenantId);
  if (operation !== undefined) await toItsEnd(context, operation);
}

/** What is done with a customer that is still empty: by the schedule. */
const doneWhileEmpty = [
  "customer.create",
  "database.upgrade",
  "backup.take",
  "backup.verify",
  "backup.prove",
];

/**
 * Lets the empty customers go that a killed control had made, or was making, for zips. One for which anything else was
 * asked since is no longer empty: control was killed after the restore was asked for, and before that was noted.
 */
export async function endLeftCustomers({ parts, uploads }: ControlContext): Promise<void> {
  for (const tenantId of uploads.leftTenants())
    try {
      await askToLetGo(parts, tenantId);
      uploads.forgetLeftTenant(tenantId);
    } catch (error) {
      // It stays noted, and the next start tries again.
      parts.log("warn", "an empty customer of an upload could not be let go", { error });
    }
}

/** @returns the operation; undefined where there is nothing to let go, or it is no longer empty. */
function askToLetGo({ data }: Pick<Parts, "data">, tenantId: TenantId): Promise<number | undefined> {
  return data.writing(controlActor, async (env) => {
    const [database] = await env.of(Database).searchRead([["tenant_id", "=", tenantId]], ["state"]);
    if (database === undefined || database.state === "deleting") return undefined;
    const used = await env.of(Operation).count([
      ["database_id", "=", database.id],
      ["kind", "not in", doneWhileEmpty],
    ]);
    return used === 0 ? requestDeletion(env, database.id) : undefined;
  });
}

async function toItsEnd({ parts, runner }: ControlContext, operation: number) {
  const signal = new AbortController().signal;
  return follow(operation, { parts, runner, signal, progress: () => undefined });
}
