import { ExpectedError } from "@holdfast/kernel/errors";
import type { Field } from "../model/field.ts";
import { columnValue } from "../model/field-value.ts";
import { foldText } from "../model/fold.ts";
import type { Model } from "../model/model.ts";

const truths: ReadonlySet<string> = new Set(["1", "true", "yes", "y", "x", "ja", "oui", "si", "tak"]);
const falsehoods: ReadonlySet<string> = new Set(["0", "false", "no", "n", "", "nein", "non", "nie"]);

/** A cell as the data layer takes it, or a sentence that says why it cannot be taken. */
export type Converted = { readonly value: unknown } | { readonly fault: string };

/** Reads a cell of any field but a relation. Empty is "not set". */
export function convertCell(model: Model, name: string, field: Field, cell: string): Converted {
  const text = cell.trim();
  if (field.kind === "boolean") return booleanCell(field, text);
  if (text === "") return { value: null };
  const value = readers[field.kind]?.(field, text) ?? cell;
  try {
    columnValue({ model, name, field }, value);
  } catch (error) {
    if (error instanceof ExpectedError) return { fault: error.message };
    throw error;
  }
  return { value };
}

const readers: Partial<Record<Field["kind"], (field: Field, text: string) => string>> = {
  selection: selectionCell,
  decimal: (_field, text) => numberText(text),
  money: (_field, text) => numberText(text),
  integer: (_field, text) => text,
  date: (_field, text) => text,
  datetime: (_field, text) => text,
};

function booleanCell(field: Field, text: string): Converted {
  const word = foldText(text);
  if (truths.has(word)) return { value: true };
  return falsehoods.has(word)
    ? { value: false }
    : { fault: `"${field.label}" cannot be "${text.slice(0, 60)}": wanted yes or no.` };
}

/** By stored value or by what people read. */
function selectionCell(field: Field, text: string): string {
  const wanted = foldText(text);
  const option = field.options?.find(([value, label]) => value === text || foldText(label) === wanted);
  return option?.[0] ?? text;
}

/** `12,50` and `1 234,50` are read as people in most of Europe write them; `1,234` stays refused, being either. */
function numberText(text: string): string {
  const compact = text.replace(/[\s\u00a0\u202f](?=\d{3}\b)/g, "");
  return /^[+-]?\d+,\d{1,2}$/.test(compact) ? compact.replace(",", ".") : compact;
}
