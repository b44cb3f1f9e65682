import { createStore, useStore } from "../ui/store.ts";

/** A place one came through: shown in the breadcrumb, with its search in `url` and how far it was scrolled. */
export interface Crumb {
  readonly label: string;
  readonly url: string;
  readonly scrollTop: number;
}

/** Where the person is. The address says all of it; the trail is remembered by the browser's history. */
export interface Place {
  /** `/web/res.partner/7`. */
  readonly path: string;
  /** `?q=…` or empty. */
  readonly query: string;
  readonly trail: readonly Crumb[];
  /** How far this place was scrolled when it was left. */
  readonly scrollTop: number;
  /** Another number for another screen; a new record that gets its own address stays on the same one. */
  readonly screen: number;
}

interface Entry {
  readonly index: number;
  readonly trail: readonly Crumb[];
  readonly scrollTop: number;
}

/** Most crumbs remembered. */
const maxTrail = 5;

/** Asked before a place is left; `false` stays. Set by a form with unsaved changes. */
export type LeaveGuard = () => Promise<boolean>;

let screen = 0;
export const place = createStore<Place>(readPlace());
let guard: LeaveGuard | null = null;
let title = "Holdfast";
let scrollTop = 0;
let index = entryOf(history.state).index;
let returning = false;

/**
 * Goes to an address of this client.
 *
 * @param options.trail - `push` (the usual): one came from here; `keep`: a sibling, like the next record;
 *   `reset`: a fresh start, from the rail.
 * @param options.continues - the screen stays as it is under its new address, with what is typed in it; asks nobody.
 * @returns false when the person chose to stay.
 */
export async function navigate(
  url: string,
  options: {
    trail?: "push" | "keep" | "reset";
    replace?: boolean;
    unguarded?: boolean;
    continues?: boolean;
  } = {},
): Promise<boolean> {
  const samePlace = new URL(url, location.href).pathname === place.get().path;
  const asks = !samePlace && !options.unguarded && !options.continues;
  if (asks && guard && !(await guard())) return false;
  if (!samePlace && !options.continues) guard = null;
  const here = place.get();
  const kind = samePlace ? "keep" : (options.trail ?? "push");
  const trail =
    kind === "reset"
      ? []
      : kind === "keep"
        ? here.trail
        : withCrumb(here.trail, { label: title, url: here.path + here.query, scrollTop }, url);
  if (options.replace) history.replaceState({ index, trail, scrollTop: 0 } satisfies Entry, "", url);
  else {
    history.replaceState({ index, trail: here.trail, scrollTop } satisfies Entry, "");
    index += 1;
    history.pushState({ index, trail, scrollTop: 0 } satisfies Entry, "", url);
  }
  arrive(options.continues);
  return true;
}

/** Goes back to a crumb: its search and scroll come back, the crumbs behind it are forgotten. */
export async function returnTo(crumb: Crumb): Promise<void> {
  const { trail } = place.get();
  if (guard && !(await guard())) return;
  guard = null;
  const entry: Entry = {
    index: index + 1,
    trail: trail.slice(0, trail.indexOf(crumb)),
    scrollTop: crumb.scrollTop,
  };
  index += 1;
  history.pushState(entry, "", crumb.url);
  arrive();
}

/** Names the current place, in the browser's tab and in crumbs that lead back here. */
export function setTitle(text: string): void {
  title = text;
  document.title = `${text} · Holdfast`;
}

/** Remembers how far the current place is scrolled. */
export function setScroll(top: number): void {
  scrollTop = top;
}

/** Sets who is asked before leaving; null for nobody. @returns takes it back. */
export function guardLeaving(next: LeaveGuard): () => void {
  guard = next;
  return () => {
    if (guard === next) guard = null;
  };
}

/** The current place, drawn anew when it changes. */
export function usePlace(): Place {
  return useStore(place);
}

/** Follows Back and Forward. A guard that says no puts the address back. */
export function followHistory(): void {
  history.scrollRestoration = "manual";
  window.addEventListener("popstate", (event) => void onPop(entryOf(event.state)));
}

async function onPop(entry: Entry): Promise<void> {
  if (returning) {
    returning = false;
    return;
  }
  const delta = entry.index - index;
  const leaves = location.pathname !== place.get().path;
  if (leaves && guard && delta !== 0 && !(await guard())) {
    returning = true;
    history.go(-delta);
    return;
  }
  if (leaves) guard = null;
  index = entry.index;
  arrive();
}

function arrive(continues = false): void {
  const next = readPlace();
  if (!continues && next.path !== place.get().path) screen += 1;
  place.set({ ...next, screen });
}

function readPlace(): Place {
  const { trail, scrollTop: top } = entryOf(history.state);
  return { path: decodeURI(location.pathname), query: location.search, trail, scrollTop: top, screen };
}

function entryOf(state: unknown): Entry {
  const known = typeof state === "object" && state !== null && "index" in state;
  return known ? (state as Entry) : { index: 0, trail: [], scrollTop: 0 };
}

/** Coming back to a place that is already in the trail shortens it. */
function withCrumb(trail: readonly Crumb[], crumb: Crumb, target: string): readonly Crumb[] {
  const pathOf = (url: string) => url.split("?")[0];
  const known = trail.findIndex((one) => pathOf(one.url) === pathOf(target));
  return known >= 0 ? trail.slice(0, known) : [...trail, crumb].slice(-maxTrail);
}
