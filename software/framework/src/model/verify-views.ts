import type { App } from "../modules/app.ts";
import type { FormView, ListView, MenuItem } from "../views/view.ts";
import type { Model } from "./model.ts";
import { didYouMean } from "./nearest.ts";
import type { Registry } from "./registry.ts";
import { isX2many } from "./storage.ts";

/** What is wrong with the views and menus of one app. */
export function viewProblems(registry: Registry, app: App): string[] {
  const menus = new Set(registry.apps.flatMap((one) => (one.menus ?? []).map((menu) => menu.key)));
  return [
    ...(app.lists ?? []).flatMap((list) =>
      onModel(registry, `list of "${list.model}"`, list.model, (model) => listFields(list, model)),
    ),
    ...(app.forms ?? []).flatMap((form) =>
      onModel(registry, `form of "${form.model}"`, form.model, (model) => formFields(registry, form, model)),
    ),
    ...(app.menus ?? []).flatMap((menu) => menuProblems(registry, menu, menus)),
  ];
}

interface Named {
  readonly model: Model;
  readonly name: string;
}

function onModel(
  registry: Registry,
  where: string,
  name: string,
  fields: (model: Model) => Named[],
): string[] {
  const model = registry.models.get(name);
  if (model === undefined) return [`${where}: no such model${didYouMean(name, registry.models.keys())}`];
  return fields(model)
    .filter((one) => registry.field(one.model, one.name) === undefined)
    .map(
      (one) =>
        `${where}: no field "${one.name}" on "${one.model.name}"${didYouMean(one.name, Object.keys(one.model.fields))}`,
    );
}

function listFields(list: ListView, model: Model): Named[] {
  const grouped = (list.groupBy ?? []).map((spec) => spec.split(":")[0] ?? "");
  const names = [...list.columns.map((column) => column.field), ...list.search, ...grouped];
  return names.map((name) => ({ model, name }));
}

function formFields(registry: Registry, form: FormView, model: Model): Named[] {
  const tabs = form.tabs ?? [];
  const lines = tabs.flatMap((tab) => (tab.lines === undefined ? [] : [tab.lines]));
  const own = [
    form.title,
    ...(form.status === undefined ? [] : [form.status]),
    ...(form.buttons ?? []).flatMap(({ when, filled }) => [when?.field ?? [], filled ?? []].flat()),
    ...form.sections.flatMap((section) => section.fields),
    ...(form.editable === undefined ? [] : [...form.editable.fields, form.editable.when.field]),
    ...tabs.flatMap((tab) => tab.fields ?? []),
    ...lines.flatMap((one) => [one.field, ...(one.totals ?? []), ...(one.when ? [one.when.field] : [])]),
  ];
  const inLines = lines.flatMap(({ field, columns }) => {
    const target = registry.models.get(model.fields[field]?.target ?? "");
    if (target === undefined || !isX2many(model.fields[field]?.kind ?? "text")) return [];
    return columns.map((name) => ({ model: target, name }));
  });
  return [...own.map((name) => ({ model, name })), ...inLines];
}

function menuProblems(registry: Registry, menu: MenuItem, menus: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  if (menu.parent !== undefined && !menus.has(menu.parent))
    problems.push(`menu "${menu.key}": no menu "${menu.parent}"${didYouMean(menu.parent, menus)}`);
  if (menu.model !== undefined && !registry.models.has(menu.model))
    problems.push(
      `menu "${menu.key}": no model "${menu.model}"${didYouMean(menu.model, registry.models.keys())}`,
    );
  return problems;
}
