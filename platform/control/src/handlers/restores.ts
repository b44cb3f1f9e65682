import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { refuseOtherName } from "@holdfast/panel/asked-about";
import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { requestErasure } from "@holdfast/panel/erasure-requests";
import {
  requestFormerRemoval,
  requestProof,
  requestRestoreOver,
  requestRestoreUndo,
} from "@holdfast/panel/restore-requests";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import {
  forgetReplaced,
  preflightRestore,
  proveCustomerBackup,
  restoreOverLive,
  undoLastRestore,
} from "@holdfast/protocol/control-methods";
import { backupIdSchema } from "@holdfast/protocol/ids";
import { erasePersonOf } from "@holdfast/protocol/parts-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import type { Parts } from "../parts.ts";
import { examine, type PreflightRequest } from "../restore-preflight.ts";
import { follow } from "./follow.ts";
import { backupIdOf, backupRows, databaseIdOf } from "./rows.ts";

const overSchema = z.object({
  vault: z.string(),
  refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
  summary: backupSummarySchema,
  safetyBackup: backupIdSchema.nullable(),
  undoUntil: z.string(),
  swapMilliseconds: z.number(),
});

const erasedSchema = z.object({ contacts: z.number(), users: z.number(), copies: z.number() });

/** Restores over live databases, as an operator asks for them at the command line. */
export function restoreHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(preflightRestore, async ({ customer, backupId }, { signal, progress }) => {
      const request = await preflightOf(parts, customer, backupId);
      return { ...(await examine(parts, { ...request, signal, progress })), backupId: request.key };
    }),
    handle(restoreOverLive, async (wish, { signal, progress }) => {
      const { customer, confirm, withoutSafetyBackup } = wish;
      const request = await preflightOf(parts, customer, wish.backupId);
      const operation = await parts.data.writing(controlActor, (env) =>
        requestRestoreOver(env, { ...request, confirm, by: "an operator", withoutSafetyBackup }),
      );
      const ended = await follow(operation, { parts, runner, signal, progress });
      return {
        operationId: ended.operationId,
        backupId: request.key,
        ...overSchema.parse(ended.result),
      };
    }),
    handle(undoLastRestore, async ({ customer, confirm }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      const operation = await parts.data.writing(controlActor, (env) =>
        requestRestoreUndo(env, { databaseId, confirm, by: "an operator" }),
      );
      const ended = await follow(operation, { parts, runner, signal, progress });
      const { undoUntil } = z.object({ undoUntil: z.string() }).parse(ended.result);
      return { operationId: ended.operationId, undoUntil };
    }),
    handle(proveCustomerBackup, async ({ customer, backupId }, { signal, progress }) => {
      const id = await backupIdOf(parts.data, customer, backupId);
      const operation = await parts.data.writing(controlActor, (env) => requestProof(env, id));
      const ended = await follow(operation, { parts, runner, signal, progress });
      const [backup] = await backupRows(parts.data, { id });
      return { operationId: ended.operationId, backup: present(backup, "the proven backup") };
    }),
    handle(erasePersonOf, async ({ customer, partnerId, confirm }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      refuseOtherName(customer, confirm);
      const operation = await parts.data.writing(controlActor, (env) =>
        requestErasure(env, { databaseId, partnerId, by: "an operator" }),
      );
      const ended = await follow(operation, { parts, runner, signal, progress });
      return { operationId: ended.operationId, ...erasedSchema.parse(ended.result) };
    }),
    handle(forgetReplaced, async ({ customer, confirm }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, customer);
      refuseOtherName(customer, confirm);
      const operation = await parts.data.writing(controlActor, (env) =>
        requestFormerRemoval(env, databaseId),
      );
      const ended = await follow(operation, { parts, runner, signal, progress });
      return { operationId: ended.operationId };
    }),
  ];
}

async function preflightOf(parts: Parts, customer: string, key?: string): Promise<PreflightRequest> {
  const databaseId = await databaseIdOf(parts.data, customer);
  const backupId = await backupIdOf(parts.data, customer, key);
  const env = parts.data.reading(controlActor);
  const [database] = await env.of(Database).read([databaseId], ["tenant_id", "apps"]);
  const [backup] = await env.of(Backup).read([backupId], ["key"]);
  return {
    databaseId,
    backupId,
    tenantId: present(parseId<"tenant">(database?.tenant_id ?? ""), "a tenant id"),
    apps: (database?.apps ?? []) as string[],
    key: present(parseId<"backup">(backup?.key ?? ""), "a backup id"),
  };
}
