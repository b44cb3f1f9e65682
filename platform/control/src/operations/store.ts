import type { DataSource } from "@holdfast/framework/model/environment";
import type { Row } from "@holdfast/framework/model/model";
import { present } from "@holdfast/kernel/assert";
import { Operation } from "@holdfast/panel/operation";
import { controlActor } from "../actor.ts";

const fields = [
  "key",
  "kind",
  "label",
  "state",
  "input",
  "memory",
  "step_index",
  "cancel_requested",
] as const;

/** An operation as the runner needs it. */
export type StoredOperation = Row<typeof Operation, (typeof fields)[number]>;

/** Most operations that one look takes up. */
const maxTaken = 50;

/** Operations that wait or were cut off, oldest first. Those in `except` are in work already. */
export function openOperations(data: DataSource, except: readonly number[]): Promise<StoredOperation[]> {
  return data
    .reading(controlActor)
    .of(Operation)
    .searchRead(
      [
        ["state", "in", ["pending", "running", "undoing"]],
        ["id", "not in", except],
      ],
      [...fields],
      { order: "id", limit: maxTaken },
    );
}

/** One operation as it stands now. */
export async function readOperation(data: DataSource, id: number): Promise<StoredOperation> {
  const rows = await data
    .reading(controlActor)
    .of(Operation)
    .read([id], [...fields]);
  return present(rows[0], `operation ${id}`);
}

/** Writes an operation's state down; committed when it returns. */
export function saveOperation(
  data: DataSource,
  id: number,
  values: Parameters<ReturnType<typeof operationRecords>["write"]>[1],
): Promise<void> {
  return data.writing(controlActor, (env) => env.of(Operation).write([id], values));
}

function operationRecords(data: DataSource) {
  return data.reading(controlActor).of(Operation);
}
