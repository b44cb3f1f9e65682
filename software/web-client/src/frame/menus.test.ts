import assert from "node:assert/strict";
import { test } from "node:test";
import type { MenuItem } from "@holdfast/framework/views/view";
import { currentMenu, menuUrl, railApps } from "./menus.ts";

const menus: MenuItem[] = [
  { key: "settings", label: "Settings", order: 900 },
  { key: "contacts", label: "Contacts", order: 10, model: "res.partner" },
  {
    key: "contacts.companies",
    label: "Companies",
    parent: "contacts",
    model: "res.partner",
    order: 20,
    domain: [["is_company", "=", true]],
  },
  { key: "contacts.all", label: "Contacts", parent: "contacts", model: "res.partner", order: 10 },
  { key: "settings.users", label: "Users", parent: "settings", model: "res.users", order: 10 },
  { key: "lost", label: "Lost", parent: "nowhere", model: "x", order: 1 },
];

test("the rail shows apps in order, each with its own menus in order", () => {
  assert.deepEqual(
    railApps(menus).map(({ item, children }) => [item.key, children.map((child) => child.key)]),
    [
      ["contacts", ["contacts.all", "contacts.companies"]],
      ["settings", ["settings.users"]],
    ],
  );
});

test("an app without a list of its own leads to its first menu", () => {
  assert.equal(menuUrl(menus[0]!, menus), "/web/res.users");
  assert.equal(menuUrl(menus[2]!, menus), "/web/res.partner?menu=contacts.companies");
  assert.equal(menuUrl({ key: "bare", label: "Bare", order: 1 }, menus), null);
});

test("the menu in the address is the current one, unless it is another model's", () => {
  assert.equal(currentMenu(menus, "res.partner", "contacts.companies")?.key, "contacts.companies");
  assert.equal(currentMenu(menus, "res.partner", "settings.users")?.key, "contacts.all");
  assert.equal(currentMenu(menus, null, ""), undefined);
});
