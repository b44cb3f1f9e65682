import { queryOptions } from "@tanstack/react-query";
import { callMethod } from "../wire/call.ts";

/** A translated field in one language. */
export interface Text {
  /** As the remote API writes it: `de_DE`. */
  readonly language: string;
  /** Its own text; empty where it shows the source's. */
  readonly value: string;
  /** What is shown where there is none. */
  readonly source: string;
}

interface WireText {
  readonly lang: string;
  readonly value: string;
  readonly source: string;
}

/** All languages of one field of one record. Asked anew each time: others translate too. */
export function textsQuery(model: string, id: number, field: string) {
  return queryOptions({
    queryKey: ["texts", model, id, field],
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }): Promise<Text[]> => {
      const [texts] = (await callMethod(model, "get_field_translations", {
        args: [[id], field],
        signal,
      })) as readonly [readonly WireText[]];
      return texts.map(({ lang, value, source }) => ({ language: lang, value, source }));
    },
  });
}

/** Those that were changed. */
export function changedTexts(
  texts: readonly Text[],
  given: ReadonlyMap<string, string>,
): Record<string, string> {
  const changed = texts.filter(({ language, value }) => (given.get(language) ?? value) !== value);
  return Object.fromEntries(changed.map(({ language }) => [language, given.get(language) ?? ""]));
}

/** Saves what was changed. @returns what the field now is for this person; undefined when nothing was changed. */
export async function saveTranslations(
  model: string,
  id: number,
  {
    field,
    texts,
    given,
  }: { readonly field: string; readonly texts: readonly Text[]; readonly given: FormData },
): Promise<string | undefined> {
  const typed = new Map([...given].map(([language, text]) => [language, String(text)] as const));
  const changed = changedTexts(texts, typed);
  if (Object.keys(changed).length === 0) return undefined;
  await callMethod(model, "update_field_translations", { args: [[id], field, changed] });
  const [row] = (await callMethod(model, "read", { args: [[id], [field]] })) as Record<string, unknown>[];
  const own = row?.[field];
  return typeof own === "string" ? own : "";
}
