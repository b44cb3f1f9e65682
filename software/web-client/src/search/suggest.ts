import type { ListFilter } from "@holdfast/framework/views/view";
import type { FieldDescription, FieldDescriptions } from "../wire/shapes.ts";
import type { Facet } from "./facet.ts";
import { periodLabel, typedPeriod } from "./period.ts";

/** One line under the search box: what choosing it adds, and its words in three parts. */
export interface Suggestion {
  readonly key: string;
  readonly facet: Facet;
  readonly field: string;
  readonly verb: string;
  readonly value: string;
}

/** A record found for a relation while typing. */
export interface Match {
  readonly field: string;
  readonly id: number;
  readonly name: string;
}

/** Most suggestions shown at once. */
export const maxSuggestions = 12;

/**
 * What typed text may mean: for each searchable field "Name contains riga", choices and records whose
 * name fits, declared filters whose name fits. The first one is what Enter takes.
 *
 * @param matches - records already found for the relations among the fields; may lag behind the typing.
 */
export function suggest(
  typed: string,
  view: {
    readonly fields: FieldDescriptions;
    readonly search: readonly string[];
    readonly filters: readonly ListFilter[];
  },
  options: { readonly language: string; readonly matches?: readonly Match[] },
): Suggestion[] {
  const text = typed.trim();
  if (text === "") return [];
  const fields = view.search.map((name) => view.fields[name]).filter((field) => field !== undefined);
  const exact = fields.flatMap((field) => choices(field, text, options.language));
  const records = (options.matches ?? [])
    .filter((match) => view.fields[match.field] && fits(match.name, text))
    .map((match) => recordSuggestion(view.fields[match.field]?.string ?? match.field, match));
  const contains = fields.filter(isText).map((field) => containsSuggestion(field, text));
  const filters = view.filters.filter((filter) => fits(filter.label, text)).map(filterSuggestion);
  const [first, ...others] = contains;
  return [...(first ? [first] : []), ...exact, ...records, ...others, ...filters].slice(0, maxSuggestions);
}

/** Lower case without accents: `Rīga` fits `riga`. */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function fits(label: string, text: string): boolean {
  return folded(label).includes(folded(text));
}

function isText(field: FieldDescription): boolean {
  return ["char", "text", "html", "many2one", "many2many"].includes(field.type);
}

function choices(field: FieldDescription, text: string, language: string): Suggestion[] {
  if (field.type === "selection") return selectionChoices(field, text);
  if (field.type === "boolean" && fits(field.string, text)) return [booleanChoice(field)];
  if (field.type === "date" || field.type === "datetime") return periodChoice(field, text, language);
  const numeric = field.type === "integer" || field.type === "float" || field.type === "monetary";
  return numeric && /^-?\d+([.,]\d+)?$/.test(text) ? [equalsChoice(field, text.replace(",", "."))] : [];
}

function selectionChoices(field: FieldDescription, text: string): Suggestion[] {
  const found = (field.selection ?? []).filter(([, label]) => fits(label, text));
  return found.map(([value, label]) => ({
    key: `is:${field.name}:${value}`,
    facet: { kind: "is", field: field.name, value, label },
    field: field.string,
    verb: "is",
    value: label,
  }));
}

function booleanChoice(field: FieldDescription): Suggestion {
  const facet = { kind: "is", field: field.name, value: "true", label: "Yes" } as const;
  return { key: `is:${field.name}:true`, facet, field: field.string, verb: "is", value: "Yes" };
}

function periodChoice(field: FieldDescription, text: string, language: string): Suggestion[] {
  const period = typedPeriod(text);
  if (!period) return [];
  const facet = { kind: "in", field: field.name, period } as const;
  return [
    { key: `in:${field.name}`, facet, field: field.string, verb: "in", value: periodLabel(period, language) },
  ];
}

function equalsChoice(field: FieldDescription, value: string): Suggestion {
  const facet = { kind: "where", field: field.name, operator: "=", value } as const;
  return { key: `where:${field.name}`, facet, field: field.string, verb: "is", value };
}

function recordSuggestion(label: string, match: Match): Suggestion {
  const facet = { kind: "is", field: match.field, value: String(match.id), label: match.name } as const;
  return { key: `is:${match.field}:${match.id}`, facet, field: label, verb: "is", value: match.name };
}

function containsSuggestion(field: FieldDescription, text: string): Suggestion {
  const facet = { kind: "has", field: field.name, text } as const;
  return { key: `has:${field.name}`, facet, field: field.string, verb: "contains", value: text };
}

function filterSuggestion(filter: ListFilter): Suggestion {
  const facet = { kind: "filter", name: filter.name } as const;
  return { key: `filter:${filter.name}`, facet, field: "Filter", verb: "", value: filter.label };
}
