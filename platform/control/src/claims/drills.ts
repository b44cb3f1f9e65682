import { Readable } from "node:stream";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { requestBackup, requestDeletion, requestRestore } from "@holdfast/panel/request";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import { download, upload } from "@holdfast/protocol/call-bytes";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import type { Drills } from "@holdfast/trust/claim";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { lookEverywhere } from "../alarms/start.ts";
import type { ControlContext } from "../context.ts";
import { follow } from "../handlers/follow.ts";
import { databaseIdOf } from "../handlers/rows.ts";
import { databasesOfNames } from "./probe-databases.ts";
import { rawFiles, rawVaults } from "./raw-stores.ts";

const prefix = "drill-";
/** As transfers are written down. */
const drillName = "a drill";

const restored = z.object({
  vault: z.string(),
  refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
  equal: z.boolean(),
  differences: z.array(z.string()),
  summary: backupSummarySchema,
});

/** Restores and removes copies by the very operations that operators start. */
export function drillsOf(context: ControlContext, signal: AbortSignal): Drills {
  const { parts, runner } = context;
  const following = { parts, runner, signal, progress: () => undefined };
  return {
    backUp: async (name) => {
      const databaseId = await databaseIdOf(parts.data, name);
      const operation = await parts.data.writing(controlActor, (env) => requestBackup(env, databaseId));
      await follow(operation, following);
    },
    restoreBeside: async (backupId) => {
      const name = `${prefix}${Buffer.from(parts.random.bytes(6)).toString("hex")}`;
      const operation = await parts.data.writing(controlActor, (env) =>
        requestRestore(env, { backupId, as: name, drill: true }),
      );
      const ended = await follow(operation, following);
      const [database] = await databasesOfNames(parts, [name]);
      return {
        database: present(database, "the copy that was just restored"),
        ...restored.parse(ended.result),
      };
    },
    download: async (customer, key, fromByte) => {
      const backupId = present(parseId<"backup">(key), "a backup id");
      const wish = { of: { customer }, backupId, by: drillName, fromByte };
      const { head, body } = await download(context.folder.controlSocket, downloadBackup, wish, { signal });
      return { bytes: head.bytes, body };
    },
    takeIn: async (customer, zip) => {
      const input = { of: { customer }, by: drillName };
      const sent = { input, body: Readable.from([zip]) };
      const { backupId } = await upload(context.folder.controlSocket, uploadBackup, sent, { signal });
      const [id] = await parts.data
        .reading(controlActor)
        .of(Backup)
        .search([["key", "=", backupId]]);
      return present(id, "the backup that was just taken in");
    },
    lookOut: () => lookEverywhere(parts),
    rawVaults: () => rawVaults(context.folder),
    rawFiles: (tenantId) => rawFiles(context.folder, tenantId),
    remove: async (name) => {
      if (!name.startsWith(prefix)) throw new ExpectedError("access_denied", `no drill made "${name}"`);
      const databaseId = await databaseIdOf(parts.data, name);
      const operation = await parts.data.writing(controlActor, (env) => requestDeletion(env, databaseId));
      await follow(operation, following);
    },
  };
}
