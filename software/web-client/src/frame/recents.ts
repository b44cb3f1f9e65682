import { createStore } from "../ui/store.ts";

/** A record that this person opened in this browser: offered first by the palette and by type-ahead. */
export interface Recent {
  readonly model: string;
  readonly id: number;
  readonly name: string;
}

/** Most records remembered. */
const maxRecents = 30;
const storageKey = "holdfast.recents";

export const recents = createStore<readonly Recent[]>([]);
let owner = "";

/** Reads what this user opened; another user's list is not shown. */
export function loadRecents(user: string): void {
  owner = user;
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as {
      owner?: string;
      records?: Recent[];
    };
    recents.set(kept.owner === owner && Array.isArray(kept.records) ? kept.records : []);
  } catch {
    recents.set([]);
  }
}

/** Puts a record first. */
export function rememberRecent(recent: Recent): void {
  const others = recents.get().filter((one) => one.model !== recent.model || one.id !== recent.id);
  keep([recent, ...others].slice(0, maxRecents));
}

/** Forgets a record that is gone. */
export function forgetRecent(model: string, ids: readonly number[]): void {
  keep(recents.get().filter((one) => one.model !== model || !ids.includes(one.id)));
}

/** Leaves nothing behind for the next person at this machine. */
export function forgetRecents(): void {
  recents.set([]);
  localStorage.removeItem(storageKey);
}

function keep(records: readonly Recent[]): void {
  recents.set(records);
  localStorage.setItem(storageKey, JSON.stringify({ owner, records }));
}
