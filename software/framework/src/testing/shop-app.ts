import {
  boolean,
  date,
  datetime,
  decimal,
  html,
  integer,
  json,
  many2many,
  many2one,
  one2many,
  selection,
  text,
} from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";
import { lineSubtotals, orderTotals, pathNames } from "./shop-computes.ts";

/** People, as far as the tests of the framework need them. */
export const users = defineModel({
  name: "res.users",
  label: "User",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }) },
});

/** A tree, whose path is computed through its own parent. */
export const categories = defineModel({
  name: "shop.category",
  label: "Category",
  displayName: "path",
  order: "path",
  fields: {
    name: text({ label: "Name", required: true }),
    parent_id: many2one("shop.category", { label: "Parent", onDelete: "restrict" }),
    child_ids: one2many("shop.category", "parent_id", { label: "Children" }),
    path: text({ label: "Path", required: true, readonly: true }),
  },
  computes: [{ fields: ["path"], dependsOn: ["name", "parent_id.path"], run: pathNames }],
});

/** What is sold. Archived ones stay out of lists. */
export const products = defineModel({
  name: "shop.product",
  label: "Product",
  displayName: "name",
  order: "name",
  searchFields: ["code"],
  fields: {
    name: text({ label: "Name", required: true }),
    code: text({ label: "Code", unique: true, maxLength: 8 }),
    price: decimal({ label: "Price", scale: 2, required: true, default: "0" }),
    cost: decimal({ label: "Cost", scale: 2, groups: ["shop.manager"] }),
    category_id: many2one("shop.category", { label: "Category" }),
    user_id: many2one("res.users", { label: "Buyer" }),
    active: boolean({ label: "Active", default: true }),
  },
  checks: [
    {
      fields: ["price"],
      violation: ({ price }) => (String(price).startsWith("-") ? "A price is not below zero." : undefined),
    },
  ],
});

export const tags = defineModel({
  name: "shop.tag",
  label: "Tag",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    user_id: many2one("res.users", { label: "Owner" }),
  },
});

/** Every kind of field, lines, tags and a total computed from the lines. */
export const orders = defineModel({
  name: "shop.order",
  label: "Order",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Number", required: true, default: "New", copy: false }),
    user_id: many2one("res.users", { label: "Salesperson", default: ({ userId }) => userId as number }),
    product_id: many2one("shop.product", { label: "Main product" }),
    ordered_on: date({ label: "Ordered on" }),
    confirmed_at: datetime({ label: "Confirmed at" }),
    state: selection([["draft", "Draft"] as const, ["done", "Done"] as const], {
      label: "State",
      required: true,
      default: "draft",
      copy: false,
    }),
    priority: integer({ label: "Priority" }),
    note: html({ label: "Note" }),
    extra: json({ label: "Extra" }),
    locked: boolean({ label: "Locked", readonly: true }),
    line_ids: one2many("shop.line", "order_id", { label: "Lines", copy: true }),
    remark_ids: one2many("shop.remark", "order_id", { label: "Remarks" }),
    tag_ids: many2many("shop.tag", { label: "Tags" }),
    total: decimal({ label: "Total", scale: 2, required: true, readonly: true }),
  },
  computes: [{ fields: ["total"], dependsOn: ["line_ids.subtotal"], run: orderTotals }],
});

export const lines = defineModel({
  name: "shop.line",
  label: "Line",
  displayName: "name",
  order: "id",
  fields: {
    order_id: many2one("shop.order", { label: "Order", required: true, onDelete: "cascade" }),
    name: text({ label: "Description", required: true, default: "Line" }),
    product_id: many2one("shop.product", { label: "Product", onDelete: "restrict" }),
    quantity: decimal({ label: "Quantity", scale: 3, required: true, default: "1" }),
    price: decimal({ label: "Price", scale: 2, required: true, default: "0" }),
    subtotal: decimal({ label: "Subtotal", scale: 2, required: true }),
  },
  computes: [{ fields: ["subtotal"], dependsOn: ["quantity", "price"], run: lineSubtotals }],
});

/** Lines of an order that can be without it. */
export const remarks = defineModel({
  name: "shop.remark",
  label: "Remark",
  displayName: "name",
  order: "id",
  fields: {
    order_id: many2one("shop.order", { label: "Order" }),
    name: text({ label: "Text", required: true }),
  },
});

const ownModels = ["shop.order", "shop.tag"];

/** The app that the framework's own tests run on: rights, rules, computes, checks, collections. */
export const shopApp: App = {
  name: "shop",
  label: "Shop",
  version: "1.0.0",
  depends: [],
  models: [users, categories, products, tags, orders, lines, remarks],
  /** The first user: who acts where a test names nobody. */
  async install(env) {
    if ((await env.of(users).count([])) === 0) await env.of(users).create([{ name: "Someone" }]);
  },
  groups: [
    { key: "shop.user", label: "Salesperson" },
    { key: "shop.manager", label: "Manager", implies: ["shop.user"] },
    { key: "shop.clerk", label: "Clerk: orders only" },
  ],
  rights: [
    ...["shop.order", "shop.line", "shop.remark", "shop.tag"].map((model) => ({
      group: "shop.user",
      model,
      allow: ["read", "write", "create", "delete"] as const,
    })),
    { group: "shop.user", model: "res.users", allow: ["read"] },
    { group: "shop.user", model: "shop.product", allow: ["read"] },
    { group: "shop.user", model: "shop.category", allow: ["read"] },
    { group: "shop.manager", model: "shop.product", allow: ["read", "write", "create", "delete"] },
    { group: "shop.manager", model: "shop.category", allow: ["read", "write", "create", "delete"] },
    { group: "shop.clerk", model: "shop.order", allow: ["read", "write", "create"] },
  ],
  rules: [
    ...ownModels.map((model) => ({
      key: `own-${model}`,
      model,
      label: "Salespeople see their own",
      groups: ["shop.user"],
      condition: "user_id == actor.user_id",
    })),
    ...ownModels.map((model) => ({
      key: `all-${model}`,
      model,
      label: "Managers see all",
      groups: ["shop.manager"],
      condition: "true",
    })),
    {
      key: "public-products",
      model: "shop.product",
      label: "Salespeople see products without a buyer, or their own",
      groups: ["shop.user"],
      condition: "user_id == null || user_id == actor.user_id",
    },
    {
      key: "all-products",
      model: "shop.product",
      label: "Managers see all products",
      groups: ["shop.manager"],
      condition: "true",
    },
    {
      key: "own-lines",
      model: "shop.line",
      label: "Lines follow their order",
      groups: ["shop.user"],
      condition: "order_id.user_id == actor.user_id",
    },
    {
      key: "all-lines",
      model: "shop.line",
      label: "Managers see all lines",
      groups: ["shop.manager"],
      condition: "true",
    },
  ],
};
