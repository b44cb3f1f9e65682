import { present } from "@holdfast/kernel/assert";
import { Database } from "@holdfast/panel/database";
import { type PartsWish, requestPartsLook, requestPartsRestore } from "@holdfast/panel/parts-requests";
import { backupIdSchema } from "@holdfast/protocol/ids";
import { listParts, lookAtBackupParts, restoreBackupParts } from "@holdfast/protocol/parts-methods";
import { partsSchema } from "@holdfast/protocol/restore-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import type { Parts } from "../parts.ts";
import { partTables, restorableModels } from "../restorable.ts";
import { follow } from "./follow.ts";
import { backupIdOf, backupRows, databaseIdOf } from "./rows.ts";

const lookedSchema = z.object({ parts: partsSchema });
const broughtSchema = lookedSchema.extend({ safetyBackup: backupIdSchema });

/** Chosen parts of backups into live databases, as an operator asks for them at the command line. */
export function partsHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(listParts, async ({ customer }) => {
      const { apps } = await databaseRow(parts, await databaseIdOf(parts.data, customer));
      return { models: restorableModels(parts.catalog.registry(apps)) };
    }),
    handle(lookAtBackupParts, async ({ customer, backupId, models, mode }, { signal, progress }) => {
      const wish = await wishOf(parts, { customer, backupId, models, mode });
      const operation = await parts.data.writing(controlActor, (env) => requestPartsLook(env, wish));
      const ended = await follow(operation, { parts, runner, signal, progress });
      const { parts: found } = lookedSchema.parse(ended.result);
      return { operationId: ended.operationId, backupId: wish.key, parts: found };
    }),
    handle(
      restoreBackupParts,
      async ({ customer, backupId, models, mode, confirm }, { signal, progress }) => {
        const wish = await wishOf(parts, { customer, backupId, models, mode });
        const operation = await parts.data.writing(controlActor, (env) =>
          requestPartsRestore(env, { ...wish, confirm }),
        );
        const ended = await follow(operation, { parts, runner, signal, progress });
        const { parts: brought, safetyBackup } = broughtSchema.parse(ended.result);
        return { operationId: ended.operationId, backupId: wish.key, safetyBackup, parts: brought };
      },
    ),
  ];
}

interface Asked extends Pick<PartsWish, "models" | "mode"> {
  readonly customer: string;
  readonly backupId?: string | undefined;
}

async function wishOf(parts: Parts, { customer, backupId: named, models, mode }: Asked) {
  const databaseId = await databaseIdOf(parts.data, customer);
  const { apps } = await databaseRow(parts, databaseId);
  partTables(parts.catalog.registry(apps), models);
  const backupId = await backupIdOf(parts.data, customer, named);
  const [backup] = await backupRows(parts.data, { id: backupId });
  const key = present(backup, "the backup that was found").backupId;
  return { databaseId, backupId, key, models, mode, by: "an operator" };
}

async function databaseRow(parts: Parts, id: number): Promise<{ readonly apps: string[] }> {
  const [row] = await parts.data.reading(controlActor).of(Database).read([id], ["apps"]);
  return { apps: present(row, "the database that was found").apps as string[] };
}
