import type { Environment } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { OperationId } from "@holdfast/kernel/id";
import { copyMark } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { requestErasure } from "@holdfast/panel/erasure-requests";
import { requestPartsLook, requestPartsRestore } from "@holdfast/panel/parts-requests";
import {
  copyLivesMs,
  requestBackup,
  requestCancellation,
  requestDeletion,
  requestRestore,
} from "@holdfast/panel/request";
import { requestRestoreOver, requestRestoreUndo } from "@holdfast/panel/restore-requests";
import {
  ownBackups,
  ownCancel,
  ownErase,
  ownExtendCopy,
  ownLookAtParts,
  ownOperation,
  ownParts,
  ownPreflight,
  ownRemoveCopy,
  ownRestore,
  ownRestoreBeside,
  ownRestoreParts,
  ownTake,
  ownUndo,
} from "@holdfast/protocol/self-service-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { partTables, restorableModels } from "../restorable.ts";
import { examine } from "../restore-preflight.ts";
import { operationOf, ownedOperation } from "./own-operations.ts";
import { overview } from "./own-overview.ts";
import { backupOf, copiesShown, copyOf, databaseOf } from "./own-records.ts";

/** A customer's own backups: every method finds only what belongs to the tenant that asks. Claims BAK-4, BAK-5. */
export function selfServiceHandlers({ parts, runner }: ControlContext): Handler[] {
  const begin = async (asked: Promise<number>): Promise<{ operationId: OperationId }> => {
    const id = await asked;
    runner.wake();
    return { operationId: (await operationOf(parts, id)).operationId };
  };
  const write = <T>(work: (env: Environment) => Promise<T>): Promise<T> =>
    parts.data.writing(controlActor, work);
  return [
    handle(ownBackups, async ({ tenantId }) => overview(parts, await databaseOf(parts, tenantId))),
    handle(ownPreflight, async ({ tenantId, backupId: key }, { signal, progress }) => {
      const database = await databaseOf(parts, tenantId);
      const backupId = await backupOf(parts, tenantId, key);
      const request = { databaseId: database.id, apps: database.apps as string[], tenantId, backupId, key };
      return examine(parts, { ...request, signal, progress });
    }),
    handle(ownTake, async ({ tenantId }) => {
      const { id } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestBackup(env, id)));
    }),
    handle(ownRestore, async ({ tenantId, backupId: key, confirm, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestRestoreOver(env, { databaseId, backupId, confirm, by })));
    }),
    handle(ownRestoreBeside, async ({ tenantId, backupId: key, as }) => {
      const { name } = await databaseOf(parts, tenantId);
      // Host names are everybody's: a customer names copies after itself alone, as no other customer may be called.
      if (!as.startsWith(`${name}${copyMark}`))
        throw new ExpectedError("invalid", `The copy's name must begin with "${name}${copyMark}".`);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestRestore(env, { backupId, as })));
    }),
    handle(ownErase, async ({ tenantId, partnerId, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestErasure(env, { databaseId, partnerId, by })));
    }),
    handle(ownParts, async ({ tenantId }) => {
      const { name, apps } = await databaseOf(parts, tenantId);
      return { name, models: restorableModels(parts.catalog.registry(apps as string[])) };
    }),
    handle(ownLookAtParts, async ({ tenantId, backupId: key, ...wish }) => {
      const { id: databaseId, apps } = await databaseOf(parts, tenantId);
      partTables(parts.catalog.registry(apps as string[]), wish.models);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestPartsLook(env, { databaseId, backupId, ...wish })));
    }),
    handle(ownRestoreParts, async ({ tenantId, backupId: key, ...wish }) => {
      const { id: databaseId, apps } = await databaseOf(parts, tenantId);
      partTables(parts.catalog.registry(apps as string[]), wish.models);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestPartsRestore(env, { databaseId, backupId, ...wish })));
    }),
    handle(ownUndo, async ({ tenantId, confirm, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestRestoreUndo(env, { databaseId, confirm, by })));
    }),
    handle(ownOperation, ({ tenantId, operationId }) => ownedOperation(parts, tenantId, operationId)),
    handle(ownCancel, async ({ tenantId, operationId }) => {
      const { recordId, isTheirs, label } = await ownedOperation(parts, tenantId, operationId);
      if (!isTheirs)
        throw new ExpectedError("access_denied", `"${label}" is the operator's to cancel.`, {
          hint: "ask the operator",
        });
      await write((env) => requestCancellation(env, recordId));
      return operationOf(parts, recordId);
    }),
    handle(ownExtendCopy, async ({ tenantId, copy }) => {
      const id = await copyOf(parts, tenantId, copy);
      const until = Temporal.Instant.fromEpochMilliseconds(parts.clock.now() + copyLivesMs);
      await write((env) => env.of(Database).write([id], { expires_at: until, expiry_warned_at: null }));
      return present(
        (await copiesShown(parts, tenantId)).find(({ name }) => name === copy),
        "the copy",
      );
    }),
    handle(ownRemoveCopy, async ({ tenantId, copy }) => {
      const id = await copyOf(parts, tenantId, copy);
      return begin(write((env) => requestDeletion(env, id)));
    }),
  ];
}
