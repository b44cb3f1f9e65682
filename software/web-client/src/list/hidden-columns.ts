import { createStore, useStore } from "../ui/store.ts";

const storageKey = (model: string) => `holdfast.columns.${model}`;
/** Counts changes, so that every list that is drawn follows. */
const changes = createStore(0);

/** Columns that this person hid in this browser, and how to change them. */
export function useHiddenColumns(
  model: string,
): readonly [readonly string[], (names: readonly string[]) => void] {
  useStore(changes);
  const hidden = (localStorage.getItem(storageKey(model)) ?? "").split(",").filter(Boolean);
  const change = (names: readonly string[]) => {
    localStorage.setItem(storageKey(model), names.join(","));
    changes.set(changes.get() + 1);
  };
  return [hidden, change];
}
