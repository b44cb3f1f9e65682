import { gate } from "../access/gate.ts";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import type { FormTab, FormView, ListView, MenuItem } from "./view.ts";

/** A model's list as an actor sees it: what names a field that does not exist for them is gone. */
export function visibleList(env: Environment, model: Model): ListView | null {
  const list = env.registry.apps
    .flatMap((app) => app.lists ?? [])
    .findLast((view) => view.model === model.name);
  if (list === undefined) return null;
  const seen = seenFields(env, model);
  return {
    ...list,
    ...(list.importable === true && {
      importable: gate(env.registry, env.actor).on(model, "import").allowed,
    }),
    columns: list.columns.filter((column) => seen(column.field)),
    search: list.search.filter(seen),
    filters: (list.filters ?? []).filter((filter) =>
      filter.domain.every((term) => typeof term === "string" || seen(root(term[0]))),
    ),
    groupBy: (list.groupBy ?? []).filter((by) => seen(root(by))),
  };
}

/** A model's form as an actor sees it. */
export function visibleForm(env: Environment, model: Model): FormView | null {
  const form = env.registry.apps
    .flatMap((app) => app.forms ?? [])
    .findLast((view) => view.model === model.name);
  if (form === undefined) return null;
  const seen = seenFields(env, model);
  const access = gate(env.registry, env.actor);
  const may = { read: access.on(model, "read").allowed, write: access.on(model, "write").allowed };
  const { status, editable, ...rest } = form;
  return {
    ...rest,
    ...(status !== undefined && seen(status) ? { status } : {}),
    ...(editable !== undefined && seen(editable.when.field)
      ? { editable: { ...editable, fields: editable.fields.filter(seen) } }
      : {}),
    buttons: (form.buttons ?? []).filter(({ right = "write" }) => may[right]),
    sections: form.sections
      .map((section) => ({ ...section, fields: section.fields.filter(seen) }))
      .filter((section) => section.fields.length > 0),
    tabs: (form.tabs ?? []).flatMap((tab) => visibleTab(env, model, tab)),
  };
}

/** The menus of all apps, without those whose model the actor may not read and those left without any entry. */
export function visibleMenus(env: Environment): MenuItem[] {
  const all = env.registry.apps
    .flatMap((app) => app.menus ?? [])
    .filter((item) => item.groups?.some((key) => env.actor.groups.has(key)) ?? true);
  const readable = all.filter(
    (item) => item.page !== undefined || (item.model !== undefined && mayRead(env, item.model)),
  );
  const kept = new Set(readable.map((item) => item.key));
  for (const item of readable) if (item.parent !== undefined) kept.add(item.parent);
  return all.filter((item) => kept.has(item.key)).toSorted((left, right) => left.order - right.order);
}

function mayRead(env: Environment, name: string): boolean {
  const model = env.registry.models.get(name);
  return model !== undefined && gate(env.registry, env.actor).on(model, "read").allowed;
}

function visibleTab(env: Environment, model: Model, tab: FormTab): FormTab[] {
  const seen = seenFields(env, model);
  const fields = (tab.fields ?? []).filter(seen);
  const lines = tab.lines === undefined ? undefined : visibleLines(env, model, tab.lines);
  if (fields.length === 0 && lines === undefined) return [];
  return [
    { label: tab.label, ...(fields.length > 0 ? { fields } : {}), ...(lines === undefined ? {} : { lines }) },
  ];
}

function visibleLines(
  env: Environment,
  model: Model,
  lines: NonNullable<FormTab["lines"]>,
): FormTab["lines"] {
  const target = env.registry.models.get(model.fields[lines.field]?.target ?? "");
  const seen = seenFields(env, model);
  if (target === undefined || !seen(lines.field)) return undefined;
  const inLine = seenFields(env, target);
  const columns = lines.columns.filter(inLine);
  if (columns.length === 0) return undefined;
  return {
    field: lines.field,
    columns,
    ...(lines.totals === undefined ? {} : { totals: lines.totals.filter(seen) }),
    ...(lines.when === undefined || !seen(lines.when.field) ? {} : { when: lines.when }),
  };
}

function seenFields(env: Environment, model: Model): (name: string) => boolean {
  const access = gate(env.registry, env.actor).on(model, "read");
  return (name) => access.allowed && access.fields.has(name);
}

function root(path: string): string {
  return path.split(/[.:]/)[0] ?? path;
}
