import type { ListFilter } from "@holdfast/framework/views/view";
import { formatDay, formatMoment, type Locale } from "../format/value.ts";
import type { FieldDescription, FieldDescriptions } from "../wire/shapes.ts";
import { archivedFilter } from "./domain.ts";
import type { Facet, WhereOperator } from "./facet.ts";
import { periodLabel } from "./period.ts";

const operatorWords: Readonly<Record<WhereOperator, string>> = {
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
  locale: Locale,
): { readonly subject: string; readonly value: string } {
  if (facet.kind === "filter") return { subject: "", value: filterLabel(facet.name, view.filters) };
  const field = view.fields[facet.field];
  const subject = field?.string ?? facet.field;
  switch (facet.kind) {
    case "has":
      return { subject, value: facet.text };
    case "is":
      return { subject, value: facet.label };
    case "in":
      return { subject, value: periodLabel(facet.period, locale.language) };
    case "where":
      return {
        subject: `${subject} ${operatorLabel(facet.operator, field)}`,
        value: whereValue(facet.value, field, locale),
      };
  }
}

/** An operator in words; of days one says "since" where of numbers one says "at least". */
export function operatorLabel(operator: WhereOperator, field: FieldDescription | undefined): string {
  const dated = field?.type === "date" || field?.type === "datetime";
  return (dated ? dateWords[operator] : undefined) ?? operatorWords[operator];
}

const dateWords: Readonly<Partial<Record<WhereOperator, string>>> = {
  ">": "after",
  ">=": "since",
  "<": "before",
  "<=": "until",
};

function whereValue(value: string, field: FieldDescription | undefined, locale: Locale): string {
  if (!field || value === "") return value;
  if (field.type === "datetime" && value.length > 10)
    return formatMoment(`${value.replace(" ", "T")}Z`, locale);
  if (field.type === "date" || field.type === "datetime") return formatDay(value, locale);
  if (field.type === "boolean") return value === "true" ? "Yes" : "No";
  return field.selection?.find(([key]) => key === value)?.[1] ?? value;
}

function filterLabel(name: string, filters: readonly ListFilter[]): string {
  if (name === archivedFilter) return "Archived";
  return filters.find((filter) => filter.name === name)?.label ?? name;
}
