import type { ListColumn, ListFilter, ListView } from "@holdfast/framework/views/view";
import { archivedFilter, searchDomain } from "../search/domain.ts";
import type { Search } from "../search/facet.ts";
import type { Domain, FieldDescription, FieldDescriptions, ModelDescription } from "../wire/shapes.ts";

/** A column that this user may see, with its field. */
export interface Column {
  readonly field: FieldDescription;
  readonly label: string;
  readonly as: ListColumn["as"];
  readonly sum: boolean;
}

/** The model's own list view, or one made of its first fields. */
export function listViewOf(model: ModelDescription): ListView {
  if (model.list) return model.list;
  const others = Object.keys(model.fields).filter(
    (name) => isPlain(model.fields[name]) && name !== model.displayName,
  );
  const names = [model.displayName, ...others.slice(0, 4)].filter((name) => model.fields[name]);
  return {
    model: model.model,
    columns: names.map((field) => ({ field })),
    search: names,
    empty: { sentence: `There is nothing under ${model.label} yet.` },
  };
}

/** Columns that fit the width and are known. The first always stays: it is the row's link. */
export function visibleColumns(
  view: ListView,
  fields: FieldDescriptions,
  width: number,
  hidden: readonly string[] = [],
): Column[] {
  const known = view.columns.filter((column) => fields[column.field] && !hidden.includes(column.field));
  const fitting = known.filter((column, index) => index === 0 || width >= (column.minWidth ?? 0));
  return fitting.map((column) => toColumn(column, fields));
}

/** Every column the view declares and the user may see. */
export function allColumns(view: ListView, fields: FieldDescriptions): Column[] {
  return view.columns.filter((column) => fields[column.field]).map((column) => toColumn(column, fields));
}

/** Fields to ask for: the columns, and the currencies that their amounts are in. */
export function fieldsToRead(columns: readonly Column[], fields: FieldDescriptions): string[] {
  const currencies = columns
    .map((column) => column.field.currency_field)
    .filter((name) => name !== undefined && fields[name]);
  return [...new Set([...columns.map((column) => column.field.name), ...(currencies as string[])])];
}

/** The fields, called as the list calls them. */
export function listFields(view: ListView, fields: FieldDescriptions): FieldDescriptions {
  const named = view.columns.flatMap(({ field, label }) => {
    const known = fields[field];
    return known && label ? [[field, { ...known, string: label }] as const] : [];
  });
  return { ...fields, ...Object.fromEntries(named) };
}

/** Filters that the view declares, and the one for archived records where there are any. */
export function filtersOf(view: ListView, fields: FieldDescriptions): readonly ListFilter[] {
  const declared = view.filters ?? [];
  const missing = fields["active"] && !declared.some((filter) => filter.name === archivedFilter);
  return missing
    ? [...declared, { name: archivedFilter, label: "Archived", domain: [["active", "=", false]] }]
    : declared;
}

/** What the list asks the server for. */
export function listDomain(model: ModelDescription, search: Search, base: Domain): Domain {
  const view = listViewOf(model);
  return searchDomain(search.facets, { fields: model.fields, filters: filtersOf(view, model.fields) }, base);
}

/** Numbers stand at the right, so that their places line up. */
export function isNumeric(field: FieldDescription): boolean {
  return field.type === "integer" || field.type === "float" || field.type === "monetary";
}

/** The grid track of a column. */
export function trackOf(column: Column, first: boolean): string {
  if (column.as === "sentence") return "minmax(200px, 4fr)";
  if (column.as === "avatar") return "minmax(180px, 2.2fr)";
  if (first) return "minmax(140px, 1.5fr)";
  switch (column.field.type) {
    case "boolean":
      return "minmax(96px, 0.6fr)";
    case "integer":
      return "minmax(84px, 0.6fr)";
    case "float":
      return "minmax(108px, 0.8fr)";
    // The last digit of an amount that is cut off is worse than a narrow name: "TND 3,703.704" fits.
    case "monetary":
      return "minmax(132px, 0.8fr)";
    case "date":
      return "minmax(112px, 0.8fr)";
    case "datetime":
      return "minmax(168px, 1fr)";
    case "selection":
      return "minmax(112px, 0.9fr)";
    default:
      return column.as === "email" ? "minmax(160px, 1.7fr)" : "minmax(112px, 1.2fr)";
  }
}

function toColumn(column: ListColumn, fields: FieldDescriptions): Column {
  const field = fields[column.field] as FieldDescription;
  const as =
    column.as ?? (field.type === "many2many" ? "tags" : field.type === "monetary" ? "money" : undefined);
  return { field, label: column.label ?? field.string, as, sum: column.sum ?? false };
}

function isPlain(field: FieldDescription | undefined): boolean {
  return (
    field !== undefined &&
    !["one2many", "many2many", "json", "html", "text"].includes(field.type) &&
    !automatic.has(field.name)
  );
}

const automatic = new Set([
  "id",
  "display_name",
  "create_uid",
  "create_date",
  "write_uid",
  "write_date",
  "active",
]);
