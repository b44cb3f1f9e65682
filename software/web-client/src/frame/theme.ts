/** Light or dark, more or less contrast: the system's choice until the person makes their own. */
export type Theme = "system" | "light" | "dark";
export interface Appearance {
  readonly theme: Theme;
  readonly moreContrast: boolean;
}

const storageKey = "holdfast.appearance";
const systemContrast = window.matchMedia("(prefers-contrast: more)");

/** The choice kept in this browser. */
export function readAppearance(): Appearance {
  const [theme, contrast] = (localStorage.getItem(storageKey) ?? "").split(" ");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    moreContrast: contrast === "more",
  };
}

/** Keeps a choice and shows it at once. */
export function chooseAppearance(appearance: Appearance): void {
  localStorage.setItem(storageKey, `${appearance.theme} ${appearance.moreContrast ? "more" : ""}`.trim());
  applyAppearance();
}

/** Puts the choice on the document, where the tokens read it. */
export function applyAppearance(): void {
  const { theme, moreContrast } = readAppearance();
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  root.dataset["contrast"] = moreContrast || systemContrast.matches ? "more" : "normal";
}

systemContrast.addEventListener("change", applyAppearance);
