import type { ListFilter } from "@holdfast/framework/views/view";
import type { FieldDescriptions } from "../wire/shapes.ts";
import { archivedFilter } from "./domain.ts";
import type { Facet, WhereOperator } from "./facet.ts";
import { periodLabel } from "./period.ts";

/** How each operator of the filter builder reads aloud. */
export const operatorWords: Readonly<Record<WhereOperator, string>> = {
  "=": "is",
  "!=": "is not",
  ">": "more than",
  ">=": "at least",
  "<": "less than",
  "<=": "at most",
  ilike: "contains",
  "not ilike": "does not contain",
  set: "is set",
  unset: "is not set",
};

/** The words on a facet's chip: its subject and what it says of it. */
export function facetLabel(
  facet: Facet,
  view: { readonly fields: FieldDescriptions; readonly filters: readonly ListFilter[] },
  language: string,
): { readonly subject: string; readonly value: string } {
  if (facet.kind === "filter") return { subject: "", value: filterLabel(facet.name, view.filters) };
  const subject = view.fields[facet.field]?.string ?? facet.field;
  switch (facet.kind) {
    case "has":
      return { subject, value: facet.text };
    case "is":
      return { subject, value: facet.label };
    case "in":
      return { subject, value: periodLabel(facet.period, language) };
    case "where":
      return { subject: `${subject} ${operatorWords[facet.operator]}`, value: facet.value };
  }
}

function filterLabel(name: string, filters: readonly ListFilter[]): string {
  if (name === archivedFilter) return "Archived";
  return filters.find((filter) => filter.name === name)?.label ?? name;
}
