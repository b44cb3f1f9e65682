import { createStore } from "../ui/store.ts";

/** Whether the palette is open. */
export const paletteOpen = createStore(false);

export function openPalette(): void {
  paletteOpen.set(true);
}

/** Whether the list of keys is open. */
export const keysOpen = createStore(false);

/** What the current screen can do, offered by the palette: "Confirm", "New". */
export interface ScreenAction {
  readonly key: string;
  readonly label: string;
  readonly act: () => void;
}

export const screenActions = createStore<readonly ScreenAction[]>([]);
