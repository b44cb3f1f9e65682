/** Which rows are chosen: some by id, or everything that the search finds. */
export type Selected =
  | { readonly mode: "some"; readonly ids: ReadonlySet<number> }
  | { readonly mode: "all" };

export const nothingSelected: Selected = { mode: "some", ids: new Set() };
export const allSelected: Selected = { mode: "all" };

/** Adds a row or takes it away; from "everything" only that row remains chosen. */
export function toggleRow(selected: Selected, id: number): Selected {
  if (selected.mode === "all") return { mode: "some", ids: new Set([id]) };
  const ids = new Set(selected.ids);
  if (!ids.delete(id)) ids.add(id);
  return { mode: "some", ids };
}

/** Adds rows, as a Shift-click does. */
export function addRows(selected: Selected, ids: readonly number[]): Selected {
  return selected.mode === "all" ? selected : { mode: "some", ids: new Set([...selected.ids, ...ids]) };
}

export function isSelected(selected: Selected, id: number): boolean {
  return selected.mode === "all" || selected.ids.has(id);
}

/** @param total - how many the search finds. */
export function selectedCount(selected: Selected, total: number): number {
  return selected.mode === "all" ? total : selected.ids.size;
}
