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
  "irreversible",
  "cancel_requested",
  "database_id",
] as const;

/** An operation as the runner needs it. */
export type StoredOperation = Row<typeof Operation, (typeof fields)[number]>;

const openStates = ["pending", "running", "undoing"] as const;
/** Most operations that one look for unknown kinds reads. */
const maxUnknown = 50;

/** Which operation {@link nextOperation} looks for. */
export interface Wanted {
  readonly kinds: readonly string[];
  /** Those in work already. */
  readonly except: readonly number[];
  /** Databases of which an operation is in work: what comes next for one waits its turn. */
  readonly exceptDatabases: readonly number[];
}

/** The oldest operation that waits or was cut off. */
export async function nextOperation(data: DataSource, wanted: Wanted): Promise<StoredOperation | undefined> {
  const rows = await data
    .reading(controlActor)
    .of(Operation)
    .searchRead(
      [
        ["state", "in", [...openStates]],
        ["kind", "in", wanted.kinds],
        ["id", "not in", wanted.except],
        "|",
        ["database_id", "=", false],
        ["database_id", "not in", wanted.exceptDatabases],
      ],
      [...fields],
      { order: "id", limit: 1 },
    );
  return rows[0];
}

/** Kinds of open operations that are not among these: of another version, left alone. */
export async function unknownKinds(data: DataSource, known: readonly string[]): Promise<string[]> {
  const rows = await data
    .reading(controlActor)
    .of(Operation)
    .searchRead(
      [
        ["state", "in", [...openStates]],
        ["kind", "not in", known],
      ],
      ["kind"],
      { limit: maxUnknown },
    );
  return [...new Set(rows.map(({ kind }) => kind))];
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

/**
 * Marks that from now on it only goes forward. In one transaction with the look at the wish to cancel:
 * of a cancellation and this mark, whichever commits first holds.
 *
 * @returns false when it was cancelled before.
 */
export function passReturn(data: DataSource, id: number): Promise<boolean> {
  return data.writing(controlActor, async (env) => {
    const [operation] = await env.of(Operation).read([id], ["irreversible", "cancel_requested"]);
    if (operation?.irreversible) return true;
    if (operation?.cancel_requested) return false;
    await env.of(Operation).write([id], { irreversible: true });
    return true;
  });
}

function operationRecords(data: DataSource) {
  return data.reading(controlActor).of(Operation);
}
