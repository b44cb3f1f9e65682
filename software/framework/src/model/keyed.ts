import type { Actor } from "../access/actor.ts";
import { literal, type Sql, sql, trusted } from "../sql/sql.ts";
import type { Field, FieldKind } from "./field.ts";
import type { ColumnValue } from "./field-value.ts";
import { isLanguageCode, type LanguageCode, languageCodes, languageOf, sourceLanguage } from "./languages.ts";

/*
 * Fields with several values in one column of JSON: a text for each language, or a value for each company. A
 * statement sees one of them, chosen by who asks; so lists stay one statement, and all that reads, compares, sorts
 * and groups works on an ordinary value. See docs/decisions, "Several values in one field".
 */

/** Whose values a statement sees. */
export interface View {
  readonly language: LanguageCode;
  /** Null: of no company in particular. */
  readonly companyId: number | null;
  /** May set what counts for every company that has no value of its own. */
  readonly forAll: boolean;
}

/** Nobody's: source language, no company. */
export const plainView: View = { language: sourceLanguage, companyId: null, forAll: true };

/** What an actor sees: their language, and the first of the companies that they work for now. */
export function viewOf(actor: Actor): View {
  return {
    language: languageOf(actor.language),
    companyId: actor.companyIds[0] ?? null,
    forAll: actor.kind === "system",
  };
}

/** Key of the value that companies have which have none of their own. */
const everyCompany = "*";

/** Whether a field has a value for each language or company. */
export function isKeyed(field: Field): boolean {
  return field.translated === true || field.perCompany === true;
}

/** The one value that the view sees of a field's column, as a value of the field's kind. An ordinary column stays as it is. */
export function seenValue(column: Sql, field: Field, view: View): Sql {
  if (field.translated) return translation(column, view.language);
  if (!field.perCompany) return column;
  const cast = trusted(castTypes[field.kind] ?? "text");
  const all = sql`${column} ->> ${literal(everyCompany)}`;
  if (view.companyId === null) return orFalse(sql`(${all})::${cast}`, field);
  const key = literal(String(view.companyId));
  return orFalse(
    sql`(CASE WHEN ${column} ? ${key} THEN ${column} ->> ${key} ELSE ${all} END)::${cast}`,
    field,
  );
}

/** In which languages a text is looked for, the best first. */
export function languagesSeen({ language }: View): readonly LanguageCode[] {
  return language === sourceLanguage ? [language] : [language, sourceLanguage];
}

/** The text in a language, else in the source language. The source's own form is what its index is made of. */
function translation(column: Sql, language: LanguageCode): Sql {
  const source = sql`(${column} ->> ${literal(sourceLanguage)})`;
  return language === sourceLanguage ? source : sql`COALESCE(${column} ->> ${literal(language)}, ${source})`;
}

function orFalse(value: Sql, { kind }: Field): Sql {
  return kind === "boolean" ? sql`COALESCE(${value}, false)` : value;
}

const castTypes: Readonly<Partial<Record<FieldKind, string>>> = {
  integer: "integer",
  decimal: "numeric",
  money: "numeric",
  boolean: "boolean",
  date: "date",
  datetime: "timestamptz",
};

/** Texts in several languages at once: as a value to write it changes these languages and no other. */
export class Translations {
  readonly texts: Readonly<Record<string, string | null>>;

  /** @param texts - by language code; null takes a translation away. */
  constructor(texts: Readonly<Record<string, string | null>>) {
    this.texts = texts;
  }

  /** These texts and no others. */
  static only(texts: Readonly<Record<string, string | null>>): Translations {
    const none = Object.fromEntries(languageCodes.map((code) => [code, null]));
    return new Translations({ ...none, ...texts });
  }
}

/** A value in the form that its column takes: for a keyed field the JSON of what changes. */
export function patchOf(field: Field, value: ColumnValue, view: View): ColumnValue {
  if (field.translated) return JSON.stringify({ [view.language]: value });
  return field.perCompany ? JSON.stringify({ [companyKey(view)]: textOf(value) }) : value;
}

/** The same for texts in several languages. */
export function translationsPatch({ texts }: Translations): string {
  return JSON.stringify(Object.fromEntries(Object.entries(texts).filter(([code]) => isLanguageCode(code))));
}

function companyKey(view: View): string {
  return view.companyId === null ? everyCompany : String(view.companyId);
}

function textOf(value: ColumnValue): string | null {
  return value === null ? null : String(value);
}

/**
 * What a keyed column becomes by a patch.
 *
 * @param before - the column as it is; absent for a new record.
 * @param patch - JSON, as {@link patchOf} makes it. A language that is unset falls back to the source; a company that
 *   is unset has no value. A text that is new is the source's too, in whatever language it was written first.
 */
export function patched(field: Field, patch: Sql, { before, view }: { before?: Sql; view: View }): Sql {
  if (field.perCompany) {
    const after = before === undefined ? patch : sql`COALESCE(${before}, '{}') || ${patch}`;
    return sql`NULLIF(${after}, ${literal(JSON.stringify({ [companyKey(view)]: null }))}::jsonb)`;
  }
  const source = sql`jsonb_build_object(${literal(sourceLanguage)}, ${patch} -> ${literal(view.language)})`;
  const first = before === undefined ? source : sql`COALESCE(${before}, ${source})`;
  return sql`NULLIF(jsonb_strip_nulls(${first} || ${patch}), '{}')`;
}
