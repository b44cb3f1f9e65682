import type { Environment } from "@holdfast/framework/model/environment";
import { type ModelExtension, remoteMethod } from "@holdfast/framework/model/model";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { Backup } from "./backup.ts";
import { requestDestruction, requestEnding, requestReopening } from "./closing.ts";
import { requestKeyRenewal } from "./key-requests.ts";
import {
  requestBackup,
  requestCancellation,
  requestDatabase,
  requestHealing,
  requestRestore,
  requestVerification,
} from "./request.ts";
import { requestProof, requestRestoreOver, requestRestoreUndo } from "./restore-requests.ts";

const nothing = z.strictObject({});

/** The browser follows this operation to its end. */
async function watchAll(ids: readonly number[], request: (id: number) => Promise<number>): Promise<unknown> {
  const operationIds = [];
  for (const id of ids.slice(0, maxAtOnce)) operationIds.push(await request(id));
  return { type: "watch", model: "platform.operation", id: operationIds[0] ?? false };
}

/** Most records that one press of a button starts work for. */
const maxAtOnce = 100;

/** Of one database, after a recent confirmation and with its name typed again. */
function confirmedOnOne(
  label: string,
  request: (
    env: Environment,
    wish: { readonly databaseId: number; readonly confirm: string; readonly by: string },
  ) => Promise<number>,
) {
  return remoteMethod({
    label,
    on: "records",
    effect: "write",
    recent: true,
    input: z.strictObject({ confirm: z.string().max(100) }),
    run: (env, ids, { confirm }) =>
      watchAll(ids.slice(0, 1), (databaseId) =>
        request(env, { databaseId, confirm, by: `operator ${env.actor.userId ?? ""}` }),
      ),
  });
}

/** What an operator may press; each asks by writing an operation down, control does it. */
export const actions: readonly ModelExtension[] = [
  {
    model: "platform.customer",
    methods: {
      action_provision: remoteMethod({
        label: "Create database",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) =>
          watchAll(ids, (customerId) => requestDatabase(env, { customerId, demoData: false, invite: true })),
      }),
    },
  },
  {
    model: "platform.database",
    methods: {
      action_backup: remoteMethod({
        label: "Back up now",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) => watchAll(ids, (id) => requestBackup(env, id)),
      }),
      action_undo_restore: confirmedOnOne("Undo the last restore", requestRestoreUndo),
      action_renew_key: confirmedOnOne("New data key", requestKeyRenewal),
      action_delete: remoteMethod({
        label: "Delete",
        on: "records",
        effect: "write",
        recent: true,
        input: z.strictObject({ confirm: z.string().max(100) }),
        run: async (env, ids, { confirm }) => {
          for (const databaseId of ids.slice(0, 1))
            if ((await requestEnding(env, { databaseId, confirm })) === undefined)
              return {
                type: "message",
                message: "It is closed. Until the day of its end it can be opened again.",
              };
          return { type: "message", message: "It is being deleted: operations show how far that is." };
        },
      }),
      action_destroy: confirmedOnOne("Destroy now", requestDestruction),
      action_reopen: remoteMethod({
        label: "Open again",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) => watchAll(ids, (id) => requestReopening(env, id)),
      }),
    },
  },
  {
    model: "platform.backup",
    methods: {
      action_verify: remoteMethod({
        label: "Read back",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) => watchAll(ids, (id) => requestVerification(env, id)),
      }),
      action_prove: remoteMethod({
        label: "Prove",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) => watchAll(ids, (id) => requestProof(env, id)),
      }),
      action_restore_over: remoteMethod({
        label: "Restore over live",
        on: "records",
        effect: "write",
        recent: true,
        input: z.strictObject({ confirm: z.string().max(100) }),
        run: (env, ids, input) => watchAll(ids.slice(0, 1), (id) => restoreOver(env, id, input.confirm)),
      }),
      action_check: remoteMethod({
        label: "Check before a restore",
        on: "records",
        effect: "read",
        input: nothing,
        run: async (_env, ids) => ({ type: "url", url: `/backups/check/${ids[0] ?? 0}` }),
      }),
      action_heal: remoteMethod({
        label: "Heal",
        on: "records",
        effect: "write",
        input: nothing,
        run: (env, ids) => watchAll(ids, (id) => requestHealing(env, id)),
      }),
      action_restore_beside: remoteMethod({
        label: "Restore on the side",
        on: "records",
        effect: "write",
        recent: true,
        input: z.strictObject({ name: z.string().optional() }),
        run: (env, ids, input) => watchAll(ids.slice(0, 1), (id) => restoreBeside(env, id, input.name)),
      }),
    },
  },
  {
    model: "platform.operation",
    methods: {
      action_cancel: remoteMethod({
        label: "Cancel and undo",
        on: "records",
        effect: "write",
        input: nothing,
        run: async (env, ids) => {
          for (const id of ids.slice(0, maxAtOnce)) await requestCancellation(env, id);
          return { type: "message", message: "It stops at the next step and undoes what it did." };
        },
      }),
    },
  },
];

async function restoreOver(env: Environment, backupId: number, confirm: string): Promise<number> {
  const [backup] = await env.of(Backup).read([backupId], ["database_id"]);
  if (!backup?.database_id) throw new ExpectedError("gone", "its database is gone; restore it on the side");
  const by = `operator ${env.actor.userId ?? ""}`;
  return requestRestoreOver(env, { databaseId: backup.database_id.id, backupId, confirm, by });
}

async function restoreBeside(env: Environment, backupId: number, name: string | undefined): Promise<number> {
  const [backup] = await env.of(Backup).read([backupId], ["database_name", "taken_at"]);
  const stamp = backup?.taken_at.toString().slice(2, 16).replace(/[-:T]/g, "") ?? "";
  return requestRestore(env, { backupId, as: name ?? `${backup?.database_name.slice(0, 26)}-${stamp}` });
}
