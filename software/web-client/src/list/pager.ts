import { navigate } from "../router/history.ts";
import { recordUrl } from "../router/routes.ts";
import { createStore } from "../ui/store.ts";
import { callMethod } from "../wire/call.ts";
import type { Domain } from "../wire/shapes.ts";

/** The list that a record was opened from, and where in it the record stands. */
export interface ListPosition {
  readonly model: string;
  readonly domain: Domain;
  readonly order: string;
  readonly total: number;
  /** From 0. */
  readonly index: number;
  /** The record that stands there. */
  readonly id: number;
}

export const listPosition = createStore<ListPosition | null>(null);

/** Goes to the record `step` rows further in the list that the current one was opened from. */
export async function stepInList(position: ListPosition, step: 1 | -1): Promise<void> {
  const index = position.index + step;
  if (index < 0 || index >= position.total) return;
  const { model, domain, order } = position;
  const kwargs = { offset: index, limit: 1, ...(order ? { order } : {}) };
  const [id] = (await callMethod(model, "search", { args: [domain], kwargs })) as number[];
  if (id === undefined) return;
  if (await navigate(recordUrl(model, id), { trail: "keep" })) listPosition.set({ ...position, index, id });
}
