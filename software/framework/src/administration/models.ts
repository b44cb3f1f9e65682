import { addedRightProblem, addedRuleProblem } from "../access/added-policy.ts";
import { accessVersionId } from "../identity/access-version-model.ts";
import { confirmedAndLogged } from "../identity/guarded-change.ts";
import type { Environment } from "../model/environment.ts";
import { boolean, longText, many2many, many2one, one2many, text } from "../model/field.ts";
import { type Compute, defineModel, type Model } from "../model/model.ts";
import { rightsOfRow } from "./right-flags.ts";

/** The models that this database has, as existing clients of the remote API look for them. */
export const modelsModel = defineModel({
  name: "ir.model",
  label: "Model",
  displayName: "name",
  order: "model",
  searchFields: ["model"],
  fields: {
    name: text({ label: "Name", required: true, readonly: true }),
    /** `res.partner` */
    model: text({ label: "Technical name", required: true, readonly: true, unique: true, maxLength: 128 }),
    state: text({ label: "Made by", required: true, readonly: true, default: "base", maxLength: 16 }),
    transient: boolean({ label: "Passing", readonly: true }),
    field_id: one2many("ir.model.fields", "model_id", { label: "Fields" }),
    access_ids: one2many("ir.model.access", "model_id", { label: "Rights" }),
    rule_ids: one2many("ir.rule", "model_id", { label: "Rules" }),
  },
});

/** Their fields. */
export const modelFieldsModel = defineModel({
  name: "ir.model.fields",
  label: "Field",
  displayName: "field_description",
  order: "model, name",
  searchFields: ["name"],
  fields: {
    name: text({ label: "Technical name", required: true, readonly: true, index: true, maxLength: 64 }),
    field_description: text({ label: "Name", required: true, readonly: true }),
    help: longText({ label: "Help", readonly: true }),
    model: text({ label: "Model's technical name", required: true, readonly: true, maxLength: 128 }),
    model_id: many2one("ir.model", { label: "Model", required: true, readonly: true, onDelete: "cascade" }),
    /** `res.partner.name`: what the rule of reading is asked about. */
    complete_name: text({ label: "Full name", required: true, readonly: true, unique: true, maxLength: 256 }),
    ttype: text({ label: "Kind", required: true, readonly: true, maxLength: 16 }),
    relation: text({ label: "Leads to", readonly: true, maxLength: 128 }),
    relation_field: text({ label: "By field", readonly: true, maxLength: 64 }),
    required: boolean({ label: "Required", readonly: true }),
    readonly: boolean({ label: "Only read", readonly: true }),
    store: boolean({ label: "Stored", readonly: true }),
    index: boolean({ label: "Indexed", readonly: true }),
    state: text({ label: "Made by", required: true, readonly: true, default: "base", maxLength: 16 }),
  },
});

const versionOf = () =>
  many2one("hf.access.version", {
    label: "State of access",
    required: true,
    readonly: true,
    default: accessVersionId,
    copy: false,
  });
const modelName = () =>
  text({ label: "Model's technical name", readonly: true, copy: false, maxLength: 128 });

/** Rules that an administrator adds. They only take records away; see decision 15. */
export const ruleModel = defineModel({
  name: "ir.rule",
  label: "Access rule",
  guard: confirmedAndLogged({ event: "access_changed", what: "access rule", fields: "all" }),
  displayName: "name",
  order: "model_name, name",
  fields: {
    name: text({ label: "What it is for", required: true }),
    model_id: many2one("ir.model", { label: "Model", required: true, onDelete: "cascade" }),
    model_name: modelName(),
    domain_force: longText({
      label: "Only records where",
      help: "In the language of conditions: user_id == actor.user_id || company_id in actor.company_ids",
      required: true,
      default: "true",
    }),
    groups: many2many("res.groups", {
      label: "Binds members of",
      help: "Nobody: it binds everyone who signs in. Of several rules for one's groups one has to hold.",
    }),
    global: boolean({ label: "Binds everyone", readonly: true, default: true, copy: false }),
    perm_read: boolean({ label: "When reading", default: true }),
    perm_write: boolean({ label: "When changing", default: true }),
    perm_create: boolean({ label: "When creating", default: true }),
    perm_unlink: boolean({ label: "When deleting", default: true }),
    active: boolean({ label: "Active", default: true }),
    version_id: versionOf(),
  },
  computes: [
    {
      fields: ["model_name"],
      dependsOn: ["model_id.model"],
      run: (env, ids) => namesOfModels(env, "ir.rule", ids),
    },
    { fields: ["global"], dependsOn: ["groups"], run: bindsEveryone },
  ],
  checks: [
    {
      fields: ["domain_force", "model_name"],
      violation: ({ model_name, domain_force }, registry) =>
        addedRuleProblem(registry, { model: String(model_name), condition: String(domain_force) }),
    },
  ],
});

/** Rights that an administrator adds, within what some app gives to some group. */
export const rightModel = defineModel({
  name: "ir.model.access",
  label: "Access right",
  guard: confirmedAndLogged({ event: "access_changed", what: "access right", fields: "all" }),
  displayName: "name",
  order: "model_name, name",
  fields: {
    name: text({ label: "What it is for", required: true }),
    model_id: many2one("ir.model", { label: "Model", required: true, onDelete: "cascade" }),
    model_name: modelName(),
    group_id: many2one("res.groups", { label: "Group", required: true, onDelete: "cascade" }),
    perm_read: boolean({ label: "Read" }),
    perm_write: boolean({ label: "Change" }),
    perm_create: boolean({ label: "Create" }),
    perm_unlink: boolean({ label: "Delete" }),
    perm_export: boolean({ label: "Export" }),
    perm_import: boolean({ label: "Import" }),
    active: boolean({ label: "Active", default: true }),
    version_id: versionOf(),
  },
  computes: [
    {
      fields: ["model_name"],
      dependsOn: ["model_id.model"],
      run: (env, ids) => namesOfModels(env, "ir.model.access", ids),
    },
  ],
  checks: [
    {
      fields: [
        "model_name",
        "perm_read",
        "perm_write",
        "perm_create",
        "perm_unlink",
        "perm_export",
        "perm_import",
      ],
      violation: (row, registry) =>
        addedRightProblem(registry, { model: String(row["model_name"]), allow: rightsOfRow(row) }),
    },
  ],
});

/** All of them; `base` lists them among its own. */
export const administrationModels: readonly Model[] = [modelsModel, modelFieldsModel, ruleModel, rightModel];

async function namesOfModels(
  env: Environment,
  name: "ir.rule" | "ir.model.access",
  ids: readonly number[],
): ReturnType<Compute["run"]> {
  const rows = await env.model(name).read(ids, ["model_id" as never]);
  const references = rows as unknown as readonly {
    readonly id: number;
    readonly model_id: { readonly id: number };
  }[];
  const models = await env
    .of(modelsModel)
    .read([...new Set(references.map((row) => row.model_id.id))], ["model"]);
  const named = new Map(models.map((row) => [row.id, row.model]));
  return new Map(references.map((row) => [row.id, { model_name: named.get(row.model_id.id) ?? null }]));
}

async function bindsEveryone(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(ruleModel).read(ids, ["groups"]);
  return new Map(rows.map((row) => [row.id, { global: row.groups.length === 0 }]));
}

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "ir.model": typeof modelsModel;
    readonly "ir.model.fields": typeof modelFieldsModel;
    readonly "ir.rule": typeof ruleModel;
    readonly "ir.model.access": typeof rightModel;
  }
}
