import type { Environment } from "@holdfast/framework/model/environment";
import {
  boolean,
  longText,
  many2many,
  many2one,
  money,
  one2many,
  selection,
  text,
} from "@holdfast/framework/model/field";
import { Translations } from "@holdfast/framework/model/keyed";
import { type Compute, defineModel } from "@holdfast/framework/model/model";
import { companyCurrency } from "./company-currency.ts";
import { productMethods } from "./product-methods.ts";

/** Something that is sold or bought. Each has one variant so far, made with it. */
export const templateModel = defineModel({
  name: "product.template",
  label: "Product",
  displayName: "name",
  order: "name",
  searchFields: ["default_code"],
  trash: true,
  fields: {
    name: text({ label: "Name", required: true, index: true, translated: true }),
    default_code: text({ label: "Code", maxLength: 64, index: true }),
    type: selection(
      [
        ["consu", "Goods"],
        ["service", "Service"],
      ],
      { label: "Kind", required: true, default: "consu" },
    ),
    list_price: money({
      label: "Sales price",
      currencyField: "currency_id",
      required: true,
      default: "0.00",
    }),
    /** What it costs us: the nearest thing to a secret that a sales list has. */
    standard_price: money({
      label: "Cost",
      currencyField: "currency_id",
      groups: ["products.manager"],
      perCompany: true,
    }),
    currency_id: many2one("res.currency", { label: "Currency", readonly: true, onDelete: "restrict" }),
    uom_id: many2one("uom.uom", { label: "Unit", onDelete: "restrict" }),
    categ_id: many2one("product.category", { label: "Category", onDelete: "restrict", index: true }),
    taxes_id: many2many("account.tax", { label: "Taxes on sales" }),
    description_sale: longText({ label: "Words on quotations", translated: true }),
    sale_ok: boolean({ label: "Can be sold", default: true }),
    company_id: many2one("res.company", { label: "Belongs to", index: true, onDelete: "restrict" }),
    product_variant_ids: one2many("product.product", "product_tmpl_id", { label: "Variants" }),
    /** The first variant; made by the database when the product is. */
    product_variant_id: many2one("product.product", { label: "Variant", readonly: true, copy: false }),
    active: boolean({ label: "Active", default: true }),
  },
  computes: [
    {
      fields: ["currency_id"],
      dependsOn: ["company_id"],
      beforehand: true,
      run: (env, ids) => companyCurrency(env, "product.template", ids),
    },
    { fields: ["product_variant_id"], dependsOn: ["name"], run: firstVariant },
  ],
});

/** What stands on order lines: a product in one variant. Its words and prices follow the product's. */
export const productModel = defineModel({
  name: "product.product",
  label: "Product variant",
  displayName: "name",
  order: "name",
  searchFields: ["default_code"],
  fields: {
    product_tmpl_id: many2one("product.template", {
      label: "Product",
      required: true,
      onDelete: "cascade",
      index: true,
    }),
    name: text({ label: "Name", readonly: true, index: true, translated: true }),
    default_code: text({ label: "Code", readonly: true, maxLength: 64 }),
    list_price: money({ label: "Sales price", readonly: true, currencyField: "currency_id" }),
    currency_id: many2one("res.currency", { label: "Currency", related: "product_tmpl_id.currency_id" }),
    uom_id: many2one("uom.uom", { label: "Unit", readonly: true }),
    company_id: many2one("res.company", { label: "Belongs to", readonly: true, index: true }),
    active: boolean({ label: "Active", default: true }),
  },
  computes: [
    {
      fields: ["name", "default_code", "list_price", "uom_id", "company_id"],
      dependsOn: [
        "product_tmpl_id.name",
        "product_tmpl_id.default_code",
        "product_tmpl_id.list_price",
        "product_tmpl_id.uom_id",
        "product_tmpl_id.company_id",
      ],
      beforehand: true,
      run: fromTemplate,
    },
  ],
  methods: productMethods,
});

/** Where products are sorted into. */
export const categoryModel = defineModel({
  name: "product.category",
  label: "Product category",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, translated: true }),
    parent_id: many2one("product.category", { label: "Above", onDelete: "restrict", index: true }),
  },
});

async function firstVariant(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(templateModel).read(ids, ["product_variant_id"]);
  const bare = rows.filter((row) => row.product_variant_id === null);
  if (bare.length === 0) return new Map();
  const variants = await env.of(productModel).create(bare.map((row) => ({ product_tmpl_id: row.id })));
  return new Map(bare.map((row, at) => [row.id, { product_variant_id: variants[at] }]));
}

async function fromTemplate(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(productModel).read(ids, ["product_tmpl_id"]);
  const templateIds = [...new Set(rows.map((row) => row.product_tmpl_id.id))];
  const templates = await env
    .of(templateModel)
    .read(templateIds, ["default_code", "list_price", "uom_id", "company_id"]);
  const byId = new Map(templates.map((template) => [template.id, template]));
  const named = await env.of(templateModel).translations(templateIds, ["name"]);
  const namesOf = new Map(named.map(({ id, texts }) => [id, texts["name"] ?? {}]));
  return new Map(
    rows.map((row) => {
      const template = byId.get(row.product_tmpl_id.id);
      const values = {
        name: Translations.only(namesOf.get(row.product_tmpl_id.id) ?? {}),
        default_code: template?.default_code ?? null,
        list_price: template?.list_price ?? null,
        uom_id: template?.uom_id?.id ?? null,
        company_id: template?.company_id?.id ?? null,
      };
      return [row.id, values];
    }),
  );
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "product.template": typeof templateModel;
    readonly "product.product": typeof productModel;
    readonly "product.category": typeof categoryModel;
  }
}
