import { failureOf } from "../wire/failure.ts";
import { createStore } from "./store.ts";

export interface Toast {
  readonly key: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly level: "success" | "warning" | "danger";
  readonly action?: { readonly label: string; readonly act: () => void } | undefined;
}

/** How long a person may undo, and how long words stay that need no answer. */
export const undoMs = 10_000;
const shownMs = 5_000;
/** Most toasts at once; the oldest gives way. */
const maxToasts = 3;

export const toasts = createStore<readonly Toast[]>([]);
let nextKey = 1;

/** Shows a sentence for a while; failures stay until closed. @returns closes it early. */
export function showToast(
  toast: Omit<Toast, "key">,
  forMs = toast.level === "danger" ? 0 : shownMs,
): () => void {
  const key = nextKey++;
  toasts.set([...toasts.get(), { ...toast, key }].slice(-maxToasts));
  const close = () => closeToast(key);
  if (forMs > 0) setTimeout(close, forMs);
  return close;
}

export function closeToast(key: number): void {
  toasts.set(toasts.get().filter((toast) => toast.key !== key));
}

/** Shows what went wrong, in the server's words. */
export function showFailure(thrown: unknown): void {
  const failure = failureOf(thrown);
  const reference = failure.reference ? `Reference ${failure.reference}` : undefined;
  showToast({ message: failure.message, hint: failure.hint ?? reference, level: "danger" });
}

/** Shows what was done, with Undo for ten seconds. */
export function showUndo(message: string, undo: () => void): () => void {
  const act = () => {
    close();
    undo();
  };
  const close = showToast({ message, level: "success", action: { label: "Undo", act } }, undoMs);
  return close;
}
