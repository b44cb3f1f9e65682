import type { AccessRight, RecordRule } from "../access/policy.ts";

/** Who may look at the models, and who may add rights and rules. */
export const administrationRights: readonly AccessRight[] = [
  { group: "base.user", model: "ir.model", allow: ["read"] },
  { group: "base.user", model: "ir.model.fields", allow: ["read"] },
  { group: "base.admin", model: "ir.rule", allow: ["read", "write", "create", "delete", "export"] },
  { group: "base.admin", model: "ir.model.access", allow: ["read", "write", "create", "delete", "export"] },
];

/** Everyone is told of what they may read; administrators, who add rules to all, of every model. */
export const administrationRules: readonly RecordRule[] = [
  {
    key: "administration.models.own",
    model: "ir.model",
    label: "Everyone sees the models that they may read",
    groups: ["base.user"],
    condition: "model in actor.models",
  },
  {
    key: "administration.models.all",
    model: "ir.model",
    label: "Administrators see all models",
    groups: ["base.admin"],
    condition: "true",
  },
  {
    key: "administration.fields",
    model: "ir.model.fields",
    label: "Everyone sees the fields that exist for them",
    condition: "complete_name in actor.fields",
  },
];
