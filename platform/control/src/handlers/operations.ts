import type { DataSource } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { requestCancellation } from "@holdfast/panel/request";
import { cancelOperation, listOperations, watchOperation } from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { untilEnd } from "./follow.ts";
import { operationRows } from "./rows.ts";

/** What the command line asks about stored operations. */
export function operationHandlers({ parts, runner }: ControlContext): Handler[] {
  return [
    handle(listOperations, async ({ limit }) => ({ operations: await operationRows(parts.data, { limit }) })),
    handle(watchOperation, async ({ operationId }, { signal, progress }) => {
      const operation = await byKey(parts.data, operationId);
      return untilEnd(operation.recordId, { parts, runner, signal, progress });
    }),
    handle(cancelOperation, async ({ operationId }) => {
      const operation = await byKey(parts.data, operationId);
      await parts.data.writing(controlActor, (env) => requestCancellation(env, operation.recordId));
      runner.wake();
      return byKey(parts.data, operationId);
    }),
  ];
}

async function byKey(data: DataSource, key: string) {
  const [operation] = await operationRows(data, { key, limit: 1 });
  if (!operation)
    throw new ExpectedError("not_found", `there is no operation ${key}`, {
      hint: "bin/holdfast operation list",
    });
  return operation;
}
