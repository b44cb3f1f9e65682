import { addMissing } from "@holdfast/app-base/base-data";
import { sequenceModel } from "@holdfast/app-base/settings";
import type { Environment } from "@holdfast/framework/model/environment";
import type { App } from "@holdfast/framework/modules/app";
import { salesGroups, salesRights, salesRules } from "./access.ts";
import { loadDemoStory } from "./demo.ts";
import { orderModel, orderSequence } from "./order.ts";
import { lineModel } from "./order-line.ts";
import { quotationRoutes } from "./quotation-routes.ts";
import { salesForms, salesLists, salesMenus } from "./views.ts";

/** Quotations and orders, and the page on which a customer accepts one. */
export const salesApp: App = {
  name: "sales",
  label: "Sales",
  version: "0.1.0",
  depends: ["base", "contacts", "products"],
  models: [orderModel, lineModel],
  groups: salesGroups,
  rights: salesRights,
  rules: salesRules,
  lists: salesLists,
  forms: salesForms,
  menus: salesMenus,
  routes: quotationRoutes,
  install: addNumbering,
  demo: loadDemoStory,
};

async function addNumbering(env: Environment): Promise<void> {
  await addMissing(env, sequenceModel, "code", [
    { code: orderSequence, name: "Quotations and orders", prefix: "S", padding: 5 },
  ]);
}
