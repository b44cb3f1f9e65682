import type { MenuItem } from "@holdfast/framework/views/view";
import { listUrl } from "../router/routes.ts";

/** An app of the rail with the menus below it. */
export interface RailApp {
  readonly item: MenuItem;
  readonly children: readonly MenuItem[];
}

/** The rail: apps in order, each with its menus in order. Menus without a known app are left out. */
export function railApps(menus: readonly MenuItem[]): RailApp[] {
  const sorted = menus.toSorted((left, right) => left.order - right.order);
  const apps = sorted.filter((item) => item.parent === undefined);
  return apps.map((item) => ({
    item,
    children: sorted.filter((child) => child.parent === item.key && (child.model || child.page)),
  }));
}

/** Where a menu leads; an app without a model leads to its first menu. Null when there is nothing to show. */
export function menuUrl(item: MenuItem, menus: readonly MenuItem[]): string | null {
  if (item.page) return item.page;
  if (item.model) return listUrl(item.model, item.domain ? `?menu=${encodeURIComponent(item.key)}` : "");
  const first = railApps(menus).find((app) => app.item.key === item.key)?.children[0];
  return first ? menuUrl(first, menus) : null;
}

/** The menu that stands for what is shown: the one named in the address, else the plainest one of the model. */
export function currentMenu(
  menus: readonly MenuItem[],
  model: string | null,
  key: string,
): MenuItem | undefined {
  const named = menus.find((item) => item.key === key && item.model === model);
  if (named) return named;
  const ofModel = menus.filter((item) => item.model === model && model !== null);
  return (
    ofModel.find((item) => item.parent !== undefined && !item.domain) ??
    ofModel.find((item) => !item.domain) ??
    ofModel[0]
  );
}
