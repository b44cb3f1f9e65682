import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Operation } from "@holdfast/panel/operation";
import { requestDeletion } from "@holdfast/panel/request";
import { requestRestoreOver } from "@holdfast/panel/restore-requests";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { addCustomer } from "../handlers/customers.ts";
import { follow } from "../handlers/follow.ts";
import type { Parts } from "../parts.ts";
import { ownerOf } from "./owning-database.ts";
import { type Incoming, takeIn } from "./take-in.ts";
import type { UploadNote } from "./upload-note.ts";

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
 * @param made - is told which database is empty yet, so that a control that is killed meanwhile lets it go at its start.
 */
export async function takeInAsNew(
  context: ControlContext,
  { customer, email }: NewCustomer,
  { made, ...incoming }: Omit<Incoming, "of"> & { readonly made: (databaseId: number | null) => void },
) {
  const { parts, runner } = context;
  await refuseTaken(parts, { customer, email });
  const wish = { name: customer, plan: "trial", email, demoData: false } as const;
  const { operationId } = await toItsEnd(context, await addCustomer(context, wish));
  // Nobody signs in with it: the logins of the backup come.
  context.secretOf(operationId);
  const { id: databaseId } = await ownerOf(parts, { customer });
  made(databaseId);
  const taken = await intoEmpty(context, databaseId, { customer, incoming }).catch(async (error: unknown) => {
    await toItsEnd(
      context,
      await parts.data.writing(controlActor, (env) => requestDeletion(env, databaseId)),
    );
    made(null);
    throw error;
  });
  // From here on it is a customer like any other: nothing that fails now lets it go.
  made(null);
  runner.wake();
  return taken;
}

async function intoEmpty(
  { parts }: ControlContext,
  databaseId: number,
  { customer, incoming }: { readonly customer: string; readonly incoming: Omit<Incoming, "of"> },
) {
  const taken = await takeIn(parts, { of: { customer }, ...incoming });
  await parts.data.writing(controlActor, async (env) => {
    const [backupId = 0] = await env.of(Backup).search([["key", "=", taken.backupId]]);
    const over = { databaseId, backupId, confirm: customer, by: incoming.by, withoutSafetyBackup: true };
    return requestRestoreOver(env, over);
  });
  return taken;
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
 * Lets the empty customers go that a killed control had made for zips. One for which anything else was asked since is no
 * longer empty: control was killed after the restore was asked for, and before that was noted.
 */
export async function endLeftCustomers({ parts, uploads }: ControlContext): Promise<void> {
  for (const databaseId of uploads.leftDatabases())
    await parts.data
      .writing(controlActor, async (env) => {
        const used = await env.of(Operation).count([
          ["database_id", "=", databaseId],
          ["kind", "not in", doneWhileEmpty],
        ]);
        if (used === 0) await requestDeletion(env, databaseId);
      })
      .catch((error: unknown) =>
        parts.log("warn", "an empty customer of an upload could not be let go", { error }),
      );
  uploads.forgetLeftDatabases();
}

async function toItsEnd({ parts, runner }: ControlContext, operation: number) {
  const signal = new AbortController().signal;
  return follow(operation, { parts, runner, signal, progress: () => undefined });
}
