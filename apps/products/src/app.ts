import { addMissing } from "@holdfast/app-base/base-data";
import type { AccessRight, Group, RecordRule } from "@holdfast/framework/access/policy";
import type { Environment } from "@holdfast/framework/model/environment";
import type { App } from "@holdfast/framework/modules/app";
import { productMigrations } from "./migrations.ts";
import { categoryModel, productModel, templateModel } from "./product.ts";
import { taxModel, uomModel } from "./tax.ts";
import { productForms, productLists, productMenus } from "./views.ts";

const models = [templateModel, productModel, categoryModel, taxModel, uomModel];
const ofACompany = [templateModel, productModel, taxModel];

const groups: readonly Group[] = [
  { key: "products.manager", label: "Products: editor", implies: ["base.user"] },
];

const rights: readonly AccessRight[] = models.flatMap((model): AccessRight[] => [
  { group: "base.user", model: model.name, allow: ["read"] },
  {
    group: "products.manager",
    model: model.name,
    allow: ["read", "write", "create", "delete", "export", "import"],
  },
]);

const rules: readonly RecordRule[] = ofACompany.map((model) => ({
  key: `products.company.${model.name}`,
  model: model.name,
  label: `${model.label}: those of other companies stay with them`,
  condition: "company_id == null || company_id in actor.company_ids",
}));

/** What is sold: products, their categories, units and taxes. */
export const productsApp: App = {
  name: "products",
  label: "Products",
  version: "0.1.0",
  depends: ["base"],
  models,
  groups,
  rights,
  rules,
  migrations: productMigrations,
  lists: productLists,
  forms: productForms,
  menus: productMenus,
  install: addUnits,
};

async function addUnits(env: Environment): Promise<void> {
  const names = ["Units", "Hours", "Days", "kg", "m", "l"];
  await addMissing(
    env,
    uomModel,
    "name",
    names.map((name) => ({ name })),
  );
}
