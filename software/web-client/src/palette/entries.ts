import type { MenuItem } from "@holdfast/framework/views/view";
import { menuUrl } from "../frame/menus.ts";
import type { ScreenAction } from "../frame/palette-state.ts";
import type { Recent } from "../frame/recents.ts";
import { recordUrl } from "../router/routes.ts";
import { folded } from "../search/suggest.ts";
import type { Reference } from "../wire/values.ts";

/** One line of the palette. */
export interface Entry {
  readonly key: string;
  readonly kind: "recent" | "record" | "menu" | "action" | "create";
  /** Heading above the first of its kind. */
  readonly group: string;
  readonly label: string;
  readonly detail?: string;
  readonly icon?: string;
  readonly url?: string;
  readonly act?: () => void;
}

/** Most entries of each kind. */
const maxEach = 6;
/** Most models that typing looks into. */
const maxModels = 6;

/**
 * What needs no server: nothing typed gives what was opened last and the apps; `/` menus alone, `+` what can
 * be created.
 */
export function localEntries(
  typed: string,
  known: {
    readonly menus: readonly MenuItem[];
    readonly recents: readonly Recent[];
    readonly actions: readonly ScreenAction[];
  },
): Entry[] {
  const prefix = typed[0] === "/" || typed[0] === "+" ? typed[0] : "";
  const text = folded(typed.slice(prefix.length).trim());
  const fits = (words: string) => folded(words).includes(text);
  const menus = menuEntries(known.menus).filter((entry) => fits(`${entry.detail ?? ""} ${entry.label}`));
  if (prefix === "/") return menus;
  const creating = createEntries(known.menus).filter((entry) => fits(entry.label));
  if (prefix === "+") return creating;
  const actions = known.actions.filter((action) => fits(action.label)).map(actionEntry);
  const recents = known.recents
    .filter((recent) => fits(recent.name))
    .map((recent) => recentEntry(recent, known.menus));
  return [
    ...actions.slice(0, maxEach),
    ...recents.slice(0, maxEach),
    ...menus.slice(0, maxEach),
    ...(text.length >= 3 ? creating.slice(0, maxEach) : []),
  ];
}

/** The models that menus lead to, each once: what a person here works with. */
export function searchedModels(
  menus: readonly MenuItem[],
): { readonly model: string; readonly label: string }[] {
  const models = new Map<string, string>();
  for (const item of menus.toSorted(
    (left, right) =>
      Number(left.parent === undefined) - Number(right.parent === undefined) || left.order - right.order,
  )) {
    if (item.model && !models.has(item.model)) models.set(item.model, item.label);
  }
  return [...models].slice(0, maxModels).map(([model, label]) => ({ model, label }));
}

/** Records that the server found, by model. */
export function recordEntries(
  models: readonly { readonly model: string; readonly label: string }[],
  found: readonly (readonly Reference[])[],
): Entry[] {
  return models.flatMap(({ model, label }, index) =>
    (found[index] ?? []).map(({ id, name }) => ({
      key: `record ${model} ${id}`,
      kind: "record" as const,
      group: label,
      label: name,
      url: recordUrl(model, id),
    })),
  );
}

function menuEntries(menus: readonly MenuItem[]): Entry[] {
  return menus.flatMap((item): Entry[] => {
    const url = menuUrl(item, menus);
    const app = menus.find((one) => one.key === item.parent);
    if (!url || (app && app.label === item.label)) return [];
    const icon = item.icon ?? app?.icon;
    return [
      {
        key: `menu ${item.key}`,
        kind: "menu",
        group: "Go to",
        label: item.label,
        url,
        ...(app ? { detail: app.label } : {}),
        ...(icon ? { icon } : {}),
      },
    ];
  });
}

function createEntries(menus: readonly MenuItem[]): Entry[] {
  return searchedModels(menus).map(({ model, label }) => ({
    key: `create ${model}`,
    kind: "create",
    group: "Create",
    label: `New in ${label}`,
    url: recordUrl(model, "new"),
  }));
}

function actionEntry(action: ScreenAction): Entry {
  return {
    key: `action ${action.key}`,
    kind: "action",
    group: "On this screen",
    label: action.label,
    act: action.act,
  };
}

function recentEntry(recent: Recent, menus: readonly MenuItem[]): Entry {
  const menu = menus.find((item) => item.model === recent.model);
  return {
    key: `recent ${recent.model} ${recent.id}`,
    kind: "recent",
    group: "Opened lately",
    label: recent.name,
    url: recordUrl(recent.model, recent.id),
    ...(menu ? { detail: menu.label } : {}),
  };
}
