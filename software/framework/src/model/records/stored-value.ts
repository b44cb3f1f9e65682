import { ExpectedError } from "@holdfast/kernel/errors";
import type { Sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import { type ColumnValue, columnValue, type FieldPlace } from "../field-value.ts";
import { isKeyed, patched, patchOf, Translations, translationsPatch, type View, viewOf } from "../keyed.ts";
import { sourceLanguage } from "../languages.ts";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { type Amount, inItsCurrency } from "./money.ts";
import { column } from "./where.ts";

/**
 * A value as the statement that stores it takes it: of a field with several values the JSON of what changes.
 *
 * @throws `invalid` for a value that does not fit, an unset required one, or one of a company where there is none.
 */
export function storedValue(place: FieldPlace, value: unknown, view: View): ColumnValue {
  const { field } = place;
  if (field.translated && value instanceof Translations) return everyText(place, value);
  const plain = requiredValue(place, columnValue(place, value));
  if (isOfNoCompany(field, view) && plain !== null && plain !== false) throw ofNoCompany(place);
  return keptValue(field, plain, view);
}

/** A checked value, or what a computed field holds until it is computed, likewise. */
export function keptValue(field: Field, plain: ColumnValue, view: View): ColumnValue {
  if (!isKeyed(field)) return plain;
  return isOfNoCompany(field, view) ? null : patchOf(field, plain, view);
}

function isOfNoCompany({ perCompany }: Field, view: View): boolean {
  return perCompany === true && view.companyId === null && !view.forAll;
}

function everyText(place: FieldPlace, { texts }: Translations): string {
  const checked = Object.entries(texts).map(([language, text]) => {
    const kept = columnValue(place, text) as string | null;
    return [language, language === sourceLanguage ? requiredValue(place, kept) : kept] as const;
  });
  return translationsPatch(new Translations(Object.fromEntries(checked) as Record<string, string | null>));
}

/** @throws `invalid` when a required field has no value. */
export function requiredValue({ model, name, field }: FieldPlace, value: ColumnValue): ColumnValue {
  if (value !== null || !field.required) return value;
  throw new ExpectedError("invalid", `"${field.label}" of "${model.label}" is required.`, {
    about: { model: model.name, fields: [name] },
  });
}

function ofNoCompany({ model, name, field }: FieldPlace): ExpectedError {
  return new ExpectedError(
    "invalid",
    `"${field.label}" of "${model.label}" is kept for each company, and you work for none now.`,
    { hint: "Choose a company.", about: { model: model.name, fields: [name] } },
  );
}

/** What the column of a new record holds. @param currency - what the field of a currency holds, null when nothing. */
export function inserted(context: Asking, model: Model, { name, value, currency }: Amount): Sql {
  const field = model.fields[name];
  const kept = inItsCurrency(context, model, { name, value, currency });
  return field === undefined || !isKeyed(field)
    ? kept
    : patched(field, kept, { view: viewOf(context.actor) });
}

/** What the column of a record under the alias `t` becomes; of a field with several values the others stay. */
export function updated(context: Asking, model: Model, name: string, newValue: (name: string) => Sql): Sql {
  const field = model.fields[name];
  const currency = (of: string) => newValue(of);
  const kept = inItsCurrency(context, model, { name, value: newValue(name), currency });
  if (field === undefined || !isKeyed(field)) return kept;
  return patched(field, kept, { before: column("t", name), view: viewOf(context.actor) });
}

type Asking = Pick<Context, "actor" | "registry">;
