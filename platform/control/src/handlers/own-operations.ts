import type { Row } from "@holdfast/framework/model/model";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type OperationId, parseId, type TenantId } from "@holdfast/kernel/id";
import { Operation } from "@holdfast/panel/operation";
import type { OwnOperation } from "@holdfast/protocol/self-service-methods";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import { partsShown } from "./own-findings.ts";

import { copiesShown } from "./own-records.ts";

/** @throws ExpectedError `not_found` when it is another's. A copy is its origin's. */
export async function ownedOperation(parts: Parts, tenantId: TenantId, key: OperationId) {
  const env = parts.data.reading(controlActor);
  const [row] = await env.of(Operation).searchRead([["key", "=", key]], ["input"], { limit: 1 });
  const input = (row?.input ?? {}) as { tenantId?: unknown; sourceTenantId?: unknown };
  const copies = await copiesShown(parts, tenantId);
  const isOwn =
    (input.sourceTenantId ?? input.tenantId) === tenantId ||
    copies.some(({ name }) => name === (input as { name?: unknown }).name);
  if (!row || !isOwn) throw new ExpectedError("not_found", "There is no such operation.");
  return operationOf(parts, row.id);
}

/** What a customer may cancel: upgrades, deletions and the upkeep of vaults are the operator's. */
const cancelledByCustomers: ReadonlySet<string> = new Set([
  "backup.take",
  "backup.restore",
  "backup.restore_over",
  "backup.look_at_parts",
  "backup.restore_parts",
  "restore.undo",
]);

interface Found extends OwnOperation {
  readonly recordId: number;
  readonly isTheirs: boolean;
}

const operationFields = [
  "key",
  "kind",
  "label",
  "state",
  "step",
  "step_index",
  "step_count",
  "progress",
  "error",
  "hint",
  "irreversible",
  "cancel_requested",
  "result",
  "input",
] as const;

/** One that is known to be theirs. */
export async function operationOf(parts: Parts, id: number): Promise<Found> {
  const [found] = await operationsOf(parts, [id]);
  return present(found, "the operation");
}

/** In the order of the ids: one statement for all. */
export async function operationsOf(parts: Parts, ids: readonly number[]): Promise<Found[]> {
  const rows = await parts.data.reading(controlActor).of(Operation).read(ids, operationFields);
  return rows.map(shownOperation);
}

function shownOperation(operation: Row<typeof Operation, (typeof operationFields)[number]>): Found {
  const progress = operation.progress as {
    step?: string;
    done?: number;
    total?: number | null;
    unit?: string;
  } | null;
  const result = operation.result as { url?: string } | null;
  const isOpen = operation.state === "pending" || operation.state === "running";
  const isTheirs = cancelledByCustomers.has(operation.kind);
  return {
    recordId: operation.id,
    isTheirs,
    operationId: present(parseId<"operation">(operation.key), "an operation id"),
    label: operation.label,
    state: operation.state,
    step: operation.step,
    done: operation.step_index,
    total: operation.step_count,
    detail: progress?.step
      ? `${progress.step}: ${progress.done ?? 0}${progress.total ? ` of ${progress.total}` : ""} ${progress.unit ?? ""}`
      : null,
    error: operation.error,
    hint: operation.hint,
    cancellable: isTheirs && isOpen && !operation.irreversible && !operation.cancel_requested,
    url: result?.url ?? null,
    parts: partsShown(operation),
  };
}
