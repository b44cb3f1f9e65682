import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

export const productMenus: readonly MenuItem[] = [
  { key: "products", label: "Products", icon: "package", order: 30, model: "product.template" },
  { key: "products.all", label: "Products", parent: "products", model: "product.template", order: 10 },
  {
    key: "products.categories",
    label: "Categories",
    parent: "products",
    model: "product.category",
    order: 20,
    groups: ["products.manager"],
  },
  {
    key: "products.taxes",
    label: "Taxes",
    parent: "products",
    model: "account.tax",
    order: 30,
    groups: ["products.manager"],
  },
  {
    key: "products.units",
    label: "Units of measure",
    parent: "products",
    model: "uom.uom",
    order: 40,
    groups: ["products.manager"],
  },
];

export const productLists: readonly ListView[] = [
  {
    model: "product.template",
    columns: [
      { field: "name", as: "avatar" },
      { field: "default_code" },
      { field: "categ_id", minWidth: 800 },
      { field: "type", as: "badge", minWidth: 700 },
      { field: "list_price", as: "money" },
      { field: "standard_price", as: "money", minWidth: 900 },
    ],
    search: ["name", "default_code", "categ_id"],
    filters: [
      { name: "goods", label: "Goods", domain: [["type", "=", "consu"]] },
      { name: "services", label: "Services", domain: [["type", "=", "service"]] },
      { name: "archived", label: "Archived", domain: [["active", "=", false]] },
    ],
    groupBy: ["categ_id", "type"],
    empty: { sentence: "What do you sell? Add a product, or import your price list.", button: "New product" },
    importable: true,
    creatable: true,
  },
  {
    model: "product.category",
    columns: [{ field: "name" }, { field: "parent_id" }],
    search: ["name"],
    empty: { sentence: "Categories sort your products.", button: "New category" },
    creatable: true,
  },
  {
    model: "account.tax",
    columns: [{ field: "name" }, { field: "amount" }, { field: "type_tax_use", as: "badge" }],
    search: ["name"],
    empty: { sentence: "No taxes yet.", button: "New tax" },
    creatable: true,
  },
  {
    model: "uom.uom",
    columns: [{ field: "name" }],
    search: ["name"],
    empty: { sentence: "No units yet.", button: "New unit" },
    creatable: true,
  },
];

export const productForms: readonly FormView[] = [
  {
    model: "product.template",
    title: "name",
    sections: [
      { label: "Product", fields: ["default_code", "type", "categ_id", "uom_id", "sale_ok"] },
      { label: "Price", fields: ["list_price", "standard_price", "taxes_id", "currency_id"] },
    ],
    tabs: [
      { label: "Quotations", fields: ["description_sale"] },
      { label: "Settings", fields: ["company_id", "active"] },
    ],
  },
  { model: "product.category", title: "name", sections: [{ fields: ["parent_id"] }] },
  {
    model: "account.tax",
    title: "name",
    sections: [{ fields: ["amount", "type_tax_use", "company_id", "active"] }],
  },
  { model: "uom.uom", title: "name", sections: [{ fields: ["active"] }] },
];
