import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { requestBackup, requestDeletion, requestRestore } from "@holdfast/panel/request";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import type { Drills } from "@holdfast/trust/claim";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { follow } from "../handlers/follow.ts";
import { databaseIdOf } from "../handlers/rows.ts";
import { databasesOfNames } from "./probe-databases.ts";

const prefix = "drill-";

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
    remove: async (name) => {
      if (!name.startsWith(prefix)) throw new ExpectedError("access_denied", `no drill made "${name}"`);
      const databaseId = await databaseIdOf(parts.data, name);
      const operation = await parts.data.writing(controlActor, (env) => requestDeletion(env, databaseId));
      await follow(operation, following);
    },
  };
}
