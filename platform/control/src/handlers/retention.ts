import type { Environment } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { requestRetirement, setLegalHold } from "@holdfast/panel/retention-requests";
import { holdCustomer, retireCustomerBackup } from "@holdfast/protocol/retention-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { signHold } from "../holds.ts";
import { isHeld, retirable } from "../retention.ts";
import { follow } from "./follow.ts";
import { backupIdOf, databaseIdOf } from "./rows.ts";

async function refuseWhenHeld(env: Environment, databaseId: number, customer: string): Promise<void> {
  if (await isHeld(env, databaseId))
    throw new ExpectedError("conflict", `a legal hold lies on "${customer}": every backup of it stays`, {
      hint: `bin/holdfast customer hold ${customer} --lift ends it`,
    });
}

/** What operators ask of retention at the command line. */
export function retentionHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(retireCustomerBackup, async ({ customer, backupId }, { signal, progress }) => {
      const env = parts.data.reading(controlActor);
      const databaseId = await databaseIdOf(parts.data, customer);
      const id =
        backupId === undefined
          ? (await retirable(env, databaseId, parts.clock.now(), 0))[0]
          : await backupIdOf(parts.data, customer, backupId);
      if (id === undefined) await refuseWhenHeld(env, databaseId, customer);
      if (id === undefined)
        throw new ExpectedError(
          "conflict",
          `the plan needs every backup of "${customer}", or no newer one is proven`,
          {
            hint: `bin/holdfast backup list ${customer}`,
          },
        );
      const [backup] = await env.of(Backup).read([id], ["key"]);
      const operation = await parts.data.writing(controlActor, (writing) => requestRetirement(writing, id));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return {
        operationId: ended.operationId,
        backupId: present(parseId<"backup">(present(backup, "the backup").key), "a backup id"),
      };
    }),
    handle(holdCustomer, async ({ customer, reason }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      const { customerId, ...held } = await parts.data.writing(controlActor, async (env) => {
        const [database] = await env.of(Database).read([databaseId], ["customer_id"]);
        const id = present(database, "the database").customer_id.id;
        await setLegalHold(env, { customerId: id, reason });
        const [row] = await env.of(Customer).read([id], ["held_since", "hold_reason"]);
        const heldSince = row?.held_since?.toString() ?? null;
        return { customerId: id, customer, heldSince, reason: row?.hold_reason ?? null };
      });
      return { ...held, unsigned: await signHold(parts, customerId) };
    }),
  ];
}
