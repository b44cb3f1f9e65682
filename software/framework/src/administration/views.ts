import type { FormView, ListView } from "../views/view.ts";

/** Where administrators add rights and rules. */
export const administrationLists: readonly ListView[] = [
  {
    model: "ir.rule",
    columns: [
      { field: "name" },
      { field: "model_id" },
      { field: "domain_force", minWidth: 700 },
      { field: "groups", as: "tags" },
    ],
    search: ["name", "model_name"],
    filters: [{ name: "archived", label: "Archived", domain: [["active", "=", false]] }],
    groupBy: ["model_id"],
    empty: {
      sentence: "Nothing narrows what the apps let people see. A rule takes records away.",
      button: "Add a rule",
    },
    creatable: true,
  },
  {
    model: "ir.model.access",
    columns: [{ field: "name" }, { field: "model_id" }, { field: "group_id" }, { field: "perm_read" }],
    search: ["name", "model_name"],
    filters: [{ name: "archived", label: "Archived", domain: [["active", "=", false]] }],
    groupBy: ["model_id", "group_id"],
    empty: {
      sentence: "Every group has what the apps give it. A right adds to that, within what some group has.",
      button: "Add a right",
    },
    creatable: true,
  },
];

/** Their forms. */
export const administrationForms: readonly FormView[] = [
  {
    model: "ir.rule",
    title: "name",
    sections: [
      { label: "Which records", fields: ["model_id", "domain_force"] },
      { label: "Whom it binds", fields: ["groups", "global", "active"] },
      { label: "When", fields: ["perm_read", "perm_write", "perm_create", "perm_unlink"] },
    ],
  },
  {
    model: "ir.model.access",
    title: "name",
    sections: [
      { label: "Who", fields: ["group_id", "model_id", "active"] },
      {
        label: "May",
        fields: ["perm_read", "perm_write", "perm_create", "perm_unlink", "perm_export", "perm_import"],
      },
    ],
  },
];
