import type { FormSection, FormTab, FormView } from "@holdfast/framework/views/view";
import type { FieldDescriptions, ModelDescription } from "../wire/shapes.ts";

/** A one2many that the form shows as a table of lines. */
export interface LinesPart {
  readonly field: string;
  readonly columns: readonly string[];
  readonly totals: readonly string[];
  /** When the lines can be edited; absent: always. */
  readonly when?: { readonly field: string; readonly in: readonly string[] };
}

/** Fields that every model has and no form shows by itself. */
const automatic = new Set(["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"]);
/** Fields of a form that nobody designed: more would be a wall. */
const maxFields = 24;

/** The model's own form, or a plain one of all its fields. */
export function formViewOf(model: ModelDescription): FormView {
  if (model.form) return model.form;
  const names = Object.keys(model.fields).filter(
    (name) => !automatic.has(name) && name !== model.displayName,
  );
  const plain = names.filter((name) => model.fields[name]?.type !== "one2many").slice(0, maxFields);
  return { model: model.model, title: model.displayName, sections: [{ fields: plain }] };
}

/** The sections that have something to show to this user. */
export function knownSections(view: FormView, fields: FieldDescriptions): FormSection[] {
  const known = view.sections.map((section) => ({
    ...section,
    fields: section.fields.filter((name) => fields[name]),
  }));
  return known.filter((section) => section.fields.length > 0);
}

/** The tabs that have something to show to this user. */
export function knownTabs(view: FormView, fields: FieldDescriptions): FormTab[] {
  return (view.tabs ?? [])
    .map((tab) => ({ ...tab, fields: (tab.fields ?? []).filter((name) => fields[name]) }))
    .filter(
      (tab) => tab.fields.length > 0 || (tab.lines !== undefined && fields[tab.lines.field] !== undefined),
    );
}

/** The tables of lines in the form. */
export function linesParts(view: FormView, fields: FieldDescriptions): LinesPart[] {
  return knownTabs(view, fields).flatMap(({ lines }) =>
    lines && fields[lines.field]
      ? [
          {
            field: lines.field,
            columns: lines.columns,
            totals: lines.totals ?? [],
            ...(lines.when ? { when: lines.when } : {}),
          },
        ]
      : [],
  );
}

/** Fields that the person sees and may have to fill. */
export function shownFields(view: FormView, fields: FieldDescriptions): string[] {
  const tabs = knownTabs(view, fields).flatMap((tab) => tab.fields ?? []);
  const sections = knownSections(view, fields).flatMap((section) => section.fields);
  return unique([view.title, ...sections, ...tabs].filter((name) => fields[name]));
}

/** Everything the form must know of a record: what is shown, what decides on buttons, currencies, lines. */
export function formFields(model: ModelDescription): string[] {
  const view = formViewOf(model);
  const parts = linesParts(view, model.fields);
  const buttons = (view.buttons ?? []).flatMap(({ when, filled }) =>
    [when?.field ?? [], filled ?? []].flat(),
  );
  const fixed = view.editable ? [view.editable.when.field] : [];
  const names = [
    ...shownFields(view, model.fields),
    ...(view.status ? [view.status] : []),
    ...buttons,
    ...fixed,
  ];
  const lines = parts.flatMap((part) => [
    part.field,
    ...part.totals,
    ...(part.when ? [part.when.field] : []),
  ]);
  const all = [...names, ...lines, model.displayName, "active", "write_date"];
  return unique([...all, ...currencies(all, model.fields)]).filter((name) => model.fields[name]);
}

/** Whether a field can be edited in the state that the record is in. */
export function isOpen(view: FormView, name: string, read: (field: string) => unknown): boolean {
  const { editable } = view;
  if (!editable?.fields.includes(name)) return true;
  return editable.when.in.includes(String(read(editable.when.field) ?? ""));
}

/** The fields of the lines of one table that are shown, with their currencies. */
export function lineFields(part: LinesPart, fields: FieldDescriptions): string[] {
  const known = part.columns.filter((name) => fields[name]);
  return unique([...known, ...currencies(known, fields)]);
}

function currencies(names: readonly string[], fields: FieldDescriptions): string[] {
  return names
    .map((name) => fields[name]?.currency_field)
    .filter((name) => name !== undefined && fields[name] !== undefined) as string[];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
