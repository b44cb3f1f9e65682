import assert from "node:assert/strict";
import { test } from "node:test";
import type { MenuItem } from "@holdfast/framework/views/view";
import { localEntries, recordEntries, searchedModels } from "./entries.ts";

const menus: MenuItem[] = [
  { key: "contacts", label: "Contacts", order: 10, model: "res.partner", icon: "users" },
  { key: "contacts.all", label: "Contacts", parent: "contacts", model: "res.partner", order: 10 },
  { key: "contacts.tags", label: "Tags", parent: "contacts", model: "res.partner.category", order: 20 },
];
const known = {
  menus,
  recents: [{ model: "res.partner", id: 7, name: "Rīga Bakery" }],
  actions: [{ key: "confirm", label: "Confirm", act: () => {} }],
};
const labels = (typed: string) => localEntries(typed, known).map((entry) => entry.label);

test("nothing typed offers this screen's actions, what was opened lately and the menus", () => {
  assert.deepEqual(labels(""), ["Confirm", "Rīga Bakery", "Contacts", "Tags"]);
});

test("typing narrows, without regard to accents", () => {
  assert.deepEqual(labels("riga"), ["Rīga Bakery"]);
  assert.deepEqual(labels("conf"), ["Confirm"]);
});

test("a slash shows menus alone, a plus what can be created", () => {
  assert.deepEqual(labels("/tag"), ["Tags"]);
  assert.deepEqual(labels("+cont"), ["New in Contacts"]);
});

test("records are searched in each model once and lead to their address", () => {
  const models = searchedModels(menus);
  assert.deepEqual(
    models.map((one) => one.model),
    ["res.partner", "res.partner.category"],
  );
  assert.deepEqual(
    recordEntries(models, [[{ id: 3, name: "Ann" }], []]).map((entry) => [entry.group, entry.url]),
    [["Contacts", "/web/res.partner/3"]],
  );
});
