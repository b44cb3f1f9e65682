import { createContext, useContext } from "react";
import type { Locale } from "../format/value.ts";
import type { AppDescription } from "../wire/shapes.ts";

const AppContext = createContext<AppDescription | null>(null);

export const AppProvider = AppContext.Provider;

/** Who is signed in and where. Only inside the frame. */
export function useApp(): AppDescription {
  const app = useContext(AppContext);
  if (!app) throw new Error("the frame is not there yet");
  return app;
}

/** The person's way of writing numbers and dates: the browser's. */
export const locale: Locale = {
  language: navigator.language,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
};
