import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { requestBackup, requestHealing, requestRestore, requestVerification } from "@holdfast/panel/request";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import {
  healCustomerBackup,
  listCustomerBackups,
  restoreCustomerBackup,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { follow } from "./follow.ts";
import { backupIdOf, backupRows, customerRow, databaseIdOf } from "./rows.ts";

const restoredSchema = z.object({
  vault: z.string(),
  refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
  summary: backupSummarySchema,
  equal: z.boolean(),
  differences: z.array(z.string()),
});

const healedSchema = z.object({
  from: z.string().nullable(),
  healed: z.array(z.string()),
  failed: z.array(z.object({ vault: z.string(), reason: z.string() })),
});

/** What the command line asks about backups. */
export function backupHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(listCustomerBackups, async ({ customer }) => ({
      backups: await backupRows(parts.data, customer === undefined ? {} : { name: customer }),
    })),
    handle(takeCustomerBackup, async ({ customer }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      const operation = await parts.data.writing(controlActor, (env) => requestBackup(env, databaseId));
      const ended = await follow(operation, { parts, runner, signal, progress });
      const id = await backupIdOf(parts.data, customer);
      return {
        operationId: ended.operationId,
        backup: present((await backupRows(parts.data, { id }))[0], "the new backup"),
      };
    }),
    handle(verifyCustomerBackup, async ({ customer, backupId }, { signal, progress }) => {
      const id = await backupIdOf(parts.data, customer, backupId);
      const operation = await parts.data.writing(controlActor, (env) => requestVerification(env, id));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return {
        operationId: ended.operationId,
        backup: present((await backupRows(parts.data, { id }))[0], "the backup"),
      };
    }),
    handle(healCustomerBackup, async ({ customer, backupId }, { signal, progress }) => {
      const id = await backupIdOf(parts.data, customer, backupId);
      const operation = await parts.data.writing(controlActor, (env) => requestHealing(env, id));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return {
        operationId: ended.operationId,
        ...healedSchema.parse(ended.result),
        backup: present((await backupRows(parts.data, { id }))[0], "the backup"),
      };
    }),
    handle(restoreCustomerBackup, async ({ customer, backupId, as }, { signal, progress }) => {
      if (as === undefined)
        throw new ExpectedError("invalid", "name the copy that the restore makes", {
          hint: `bin/holdfast backup restore ${customer} --as ${customer}-check; over the live database: bin/holdfast restore live ${customer}`,
        });
      const id = await backupIdOf(parts.data, customer, backupId);
      const operation = await parts.data.writing(controlActor, (env) =>
        requestRestore(env, { backupId: id, as }),
      );
      const ended = await follow(operation, { parts, runner, signal, progress });
      const [backup] = await backupRows(parts.data, { id });
      return {
        operationId: ended.operationId,
        backupId: present(backup, "the restored backup").backupId,
        ...restoredSchema.parse(ended.result),
        customer: await customerRow(parts.data, as),
      };
    }),
  ];
}
