/**
 * Languages that texts are translated into, as remote clients write them. A list of our own: callers name the
 * language of a call, and what they name becomes a key of a stored value.
 */
export const languageCodes = [
  "en_US",
  "en_GB",
  "de_DE",
  "fr_FR",
  "es_ES",
  "it_IT",
  "nl_NL",
  "pl_PL",
  "pt_BR",
  "lv_LV",
] as const;

/** One of {@link languageCodes}. */
export type LanguageCode = (typeof languageCodes)[number];

/** What is read where a language has no text of its own. A text is always written in this one when it is new. */
export const sourceLanguage: LanguageCode = "en_US";

/** @param tag - IETF or as remote clients write it: `de`, `de-AT`, `de_DE`. Of an unknown one {@link sourceLanguage}. */
export function languageOf(tag: string): LanguageCode {
  const code = tag.replaceAll("-", "_").toLowerCase();
  const [language] = code.split("_");
  return (
    languageCodes.find((one) => one.toLowerCase() === code) ??
    languageCodes.find((one) => one.startsWith(`${language}_`)) ??
    sourceLanguage
  );
}

/** Whether a caller named a language that texts are translated into. */
export function isLanguageCode(value: unknown): value is LanguageCode {
  return languageCodes.some((one) => one === value);
}

/** What a caller is told who named another one. */
export function noSuchLanguage(named: string): string {
  return `There is no language "${named.slice(0, 16)}": use one of ${languageCodes.join(", ")}.`;
}
