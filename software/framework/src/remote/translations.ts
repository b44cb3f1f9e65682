import { Translations } from "../model/keyed.ts";
import {
  isLanguageCode,
  type LanguageCode,
  languageCodes,
  languageOf,
  noSuchLanguage,
} from "../model/languages.ts";
import { bad } from "./arguments.ts";
import type { StandardCall } from "./standard-method.ts";

/**
 * `get_field_translations`: what a field is in each language, as newer clients read it: `[{id, lang, source, value}]`
 * for each record and language, and what kind of field it is. `value` is empty where a language has no text of its own.
 */
export async function getTranslations(
  { env, model, ids }: StandardCall,
  input: { readonly field_name: string; readonly langs?: string[] | undefined },
): Promise<unknown> {
  const wanted = input.langs?.length ? input.langs.map(known) : languageCodes;
  const rows = await env.of(model).translations(ids, [input.field_name]);
  const own = languageOf(env.actor.language);
  const kind = env.registry.field(model, input.field_name)?.kind;
  const values = rows.flatMap(({ id, texts }) => {
    const found = texts[input.field_name] ?? {};
    const source = found["en_US"] ?? found[own] ?? "";
    return wanted.map((lang) => ({ id, lang, source, value: found[lang] ?? "" }));
  });
  return [values, { translation_type: kind === "text" ? "char" : "text", translation_show_source: false }];
}

/** `update_field_translations`: sets these languages of a field; `false` or an empty text takes one away. */
export async function updateTranslations(
  { env, model, ids }: StandardCall,
  input: { readonly field_name: string; readonly translations: Readonly<Record<string, unknown>> },
): Promise<true> {
  const texts = Object.entries(input.translations).map(([lang, text]) => [known(lang), textOf(lang, text)]);
  // Refused here where the field is not there for this caller or not translated.
  await env.of(model).translations(ids, [input.field_name]);
  const value = new Translations(Object.fromEntries(texts));
  if (ids.length > 0) await env.of(model).write(ids, { [input.field_name]: value });
  return true;
}

function known(lang: string): LanguageCode {
  if (isLanguageCode(lang)) return lang;
  throw bad(noSuchLanguage(lang));
}

function textOf(lang: string, text: unknown): string | null {
  if (text === null || text === false || text === "") return null;
  if (typeof text === "string") return text;
  throw bad(`The argument "translations.${lang.slice(0, 16)}" is not a text.`);
}
