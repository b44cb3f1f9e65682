import type { Environment } from "../model/environment.ts";
import { boolean, decimal, html, integer, many2one, one2many, text } from "../model/field.ts";
import { Translations } from "../model/keyed.ts";
import { type Compute, defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";

/** Wares whose names differ by language and whose costs differ by company. */
export const wares = defineModel({
  name: "keyed.ware",
  label: "Ware",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, translated: true, index: true, maxLength: 40 }),
    story: html({ label: "Story", translated: true }),
    secret_name: text({ label: "Secret name", translated: true, groups: ["keyed.chief"] }),
    cost: decimal({ label: "Cost", scale: 2, perCompany: true }),
    margin: decimal({ label: "Margin", scale: 2, perCompany: true, groups: ["keyed.chief"] }),
    stock: integer({ label: "Stock", perCompany: true, default: 3 }),
    blocked: boolean({ label: "Blocked", perCompany: true }),
    box_ids: one2many("keyed.box", "ware_id", { label: "Boxes" }),
  },
});

/** A box says in every language what is in it. */
export const boxes = defineModel({
  name: "keyed.box",
  label: "Box",
  displayName: "label",
  order: "id",
  fields: {
    ware_id: many2one("keyed.ware", { label: "Ware", required: true, onDelete: "cascade" }),
    label: text({ label: "Label", translated: true }),
  },
  computes: [
    {
      fields: ["label"],
      dependsOn: ["ware_id.name"],
      run: labelsOfWares,
    },
  ],
});

/** Both, for clerks; some fields for chiefs alone. */
export const keyedApp: App = {
  name: "keyed",
  label: "Keyed",
  version: "1",
  depends: [],
  models: [wares, boxes],
  groups: [
    { key: "keyed.clerk", label: "Clerk" },
    { key: "keyed.chief", label: "Chief", implies: ["keyed.clerk"] },
  ],
  rights: [wares, boxes].map((model) => ({
    group: "keyed.clerk",
    model: model.name,
    allow: ["read", "write", "create", "delete", "export", "import"],
  })),
};

async function labelsOfWares(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(boxes).read(ids, ["ware_id"]);
  const wareIds = rows.map((row) => row.ware_id.id);
  const named = await env.of(wares).translations(wareIds, ["name"]);
  return new Map(rows.map(({ id }, i) => [id, { label: Translations.only(named[i]?.texts["name"] ?? {}) }]));
}
