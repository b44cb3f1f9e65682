import type { Environment } from "../model/environment.ts";
import { one2many } from "../model/field.ts";
import type { ModelExtension } from "../model/model.ts";
import { explainMethods } from "./explain-methods.ts";

/** The methods of administrators, and what gives the state of access another name as soon as anything is changed that it stands for. */
export const administrationExtensions: readonly ModelExtension[] = [
  { model: "ir.model.access", methods: explainMethods },
  {
    model: "hf.access.version",
    fields: {
      rule_ids: one2many("ir.rule", "version_id", { label: "Rules" }),
      right_ids: one2many("ir.model.access", "version_id", { label: "Rights" }),
    },
    computes: [
      {
        fields: ["version"],
        dependsOn: [
          ...["name", "model_name", "domain_force", "groups", "active", ...rulePermissions()].map(
            (field) => `rule_ids.${field}`,
          ),
          ...["model_name", "group_id", "active", ...rightPermissions()].map((field) => `right_ids.${field}`),
        ],
        run: async (env, ids) => new Map(ids.map((id) => [id, { version: newVersion(env) }])),
      },
    ],
  },
];

function rulePermissions(): readonly string[] {
  return ["perm_read", "perm_write", "perm_create", "perm_unlink"];
}

function rightPermissions(): readonly string[] {
  return [...rulePermissions(), "perm_export", "perm_import"];
}

const versionBytes = 12;

/** Random, so that a restored database never meets what some process remembers under its version. */
function newVersion(env: Environment): string {
  return Buffer.from(env.random.bytes(versionBytes)).toString("hex");
}
