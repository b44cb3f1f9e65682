import { forgetRecent } from "../frame/recents.ts";
import { createStore } from "../ui/store.ts";
import { showFailure, showUndo, undoMs } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import { modelChanged } from "../wire/queries.ts";
import { csrfToken } from "../wire/session.ts";
import type { Domain, ModelDescription } from "../wire/shapes.ts";
import { restoreRecords } from "./restore.ts";

type Pending = Readonly<Record<string, readonly number[]>>;

/**
 * Records that the person deleted less than ten seconds ago. They are gone from every list, but the
 * server hears of it only when the time to undo is over, or the page is left.
 */
export const pendingDeletes = createStore<Pending>({});
const flushes = new Set<() => void>();

/** Deletes records, with a way back: from the trash where the model has one, else by waiting before it is done. */
export function deleteWithUndo(model: ModelDescription, ids: readonly number[], label: string): void {
  if (model.trash) void deleteIntoTrash(model.model, ids, label);
  else deleteLater(model.model, ids, label);
}

async function deleteIntoTrash(model: string, ids: readonly number[], label: string): Promise<void> {
  setPending(model, [...(pendingDeletes.get()[model] ?? []), ...ids]);
  if (await unlinkNow(model, ids)) showUndo(`${label} deleted.`, () => void restoreRecords(model, ids));
}

/** Hides records at once and deletes them when nobody undid it. */
function deleteLater(model: string, ids: readonly number[], label: string): void {
  setPending(model, [...(pendingDeletes.get()[model] ?? []), ...ids]);
  const finish = () => {
    clearTimeout(timer);
    flushes.delete(flush);
  };
  const flush = () => {
    finish();
    void unlinkNow(model, ids);
  };
  const timer = setTimeout(flush, undoMs);
  flushes.add(flush);
  showUndo(`${label} deleted.`, () => {
    finish();
    restore(model, ids);
  });
}

/** The condition that hides what is being deleted. */
export function withoutPending(pending: Pending, model: string): Domain {
  const ids = pending[model] ?? [];
  return ids.length > 0 ? [["id", "not in", ids]] : [];
}

/** Deletes what is still waiting when the page is closed; the browser finishes such requests. */
export function deleteOnLeaving(): void {
  window.addEventListener("pagehide", () => {
    for (const [model, ids] of Object.entries(pendingDeletes.get())) sendUnlink(model, ids);
  });
}

/** @returns whether they are deleted. */
async function unlinkNow(model: string, ids: readonly number[]): Promise<boolean> {
  let deleted = false;
  try {
    await callMethod(model, "unlink", { args: [ids] });
    deleted = true;
    forgetRecent(model, ids);
    await modelChanged(model);
  } catch (error) {
    showFailure(error);
  }
  restore(model, ids);
  return deleted;
}

function sendUnlink(model: string, ids: readonly number[]): void {
  const params = { model, method: "unlink", args: [ids], kwargs: {} };
  void fetch(`/web/dataset/call_kw/${model}/unlink`, {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json", "x-csrf-token": csrfToken() },
    body: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "call", params }),
  });
}

function restore(model: string, ids: readonly number[]): void {
  setPending(
    model,
    (pendingDeletes.get()[model] ?? []).filter((id) => !ids.includes(id)),
  );
}

function setPending(model: string, ids: readonly number[]): void {
  const { [model]: _previous, ...others } = pendingDeletes.get();
  pendingDeletes.set(ids.length > 0 ? { ...others, [model]: ids } : others);
}
