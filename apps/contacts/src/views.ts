import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

export const contactMenus: readonly MenuItem[] = [
  { key: "contacts", label: "Contacts", icon: "users", order: 10, model: "res.partner" },
  { key: "contacts.all", label: "Contacts", parent: "contacts", model: "res.partner", order: 10 },
  {
    key: "contacts.companies",
    label: "Companies",
    parent: "contacts",
    model: "res.partner",
    order: 20,
    domain: [["is_company", "=", true]],
  },
  { key: "contacts.tags", label: "Tags", parent: "contacts", model: "res.partner.category", order: 30 },
];

export const contactList: ListView = {
  model: "res.partner",
  columns: [
    { field: "complete_name", label: "Name", as: "avatar" },
    { field: "email", as: "email" },
    { field: "phone", as: "phone", minWidth: 700 },
    { field: "city", minWidth: 600 },
    { field: "country_id", minWidth: 800 },
    { field: "user_id", minWidth: 1000 },
    { field: "category_id", as: "tags", minWidth: 1100 },
  ],
  search: ["complete_name", "email", "city", "country_id", "category_id", "phone", "user_id"],
  filters: [
    { name: "companies", label: "Companies", domain: [["is_company", "=", true]] },
    { name: "people", label: "People", domain: [["is_company", "=", false]] },
    { name: "unassigned", label: "Without salesperson", domain: [["user_id", "=", false]] },
    { name: "unsubscribed", label: "Unsubscribed", domain: [["unsubscribed_at", "!=", false]] },
    { name: "no_email", label: "Without email", domain: [["email", "=", false]] },
    { name: "archived", label: "Archived", domain: [["active", "=", false]] },
  ],
  groupBy: ["country_id", "city", "user_id", "parent_id"],
  empty: { sentence: "No contacts yet: add the first, or import a list you have.", button: "New contact" },
  importable: true,
  creatable: true,
};

export const contactForm: FormView = {
  model: "res.partner",
  title: "name",
  buttons: [{ method: "action_erase", label: "Erase this person" }],
  sections: [
    { label: "Contact", fields: ["is_company", "parent_id", "function", "email", "phone", "website"] },
    { label: "Address", fields: ["street", "street2", "zip", "city", "state_id", "country_id"] },
    { label: "Sales", fields: ["user_id", "category_id", "company_id"] },
  ],
  tabs: [
    {
      label: "People and addresses",
      lines: { field: "child_ids", columns: ["name", "type", "function", "email", "phone"] },
    },
    { label: "Business", fields: ["vat", "ref", "lang", "tz", "type", "unsubscribed_at", "active"] },
    { label: "Notes", fields: ["comment"] },
  ],
};

export const tagList: ListView = {
  model: "res.partner.category",
  columns: [{ field: "name" }, { field: "active" }],
  search: ["name"],
  empty: { sentence: "Tags group contacts across companies.", button: "New tag" },
  creatable: true,
};

export const tagForm: FormView = {
  model: "res.partner.category",
  title: "name",
  sections: [{ fields: ["active"] }],
};
