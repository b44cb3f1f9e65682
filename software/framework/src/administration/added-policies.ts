import { type AddedPolicy, addedPolicy } from "../access/added-policy.ts";
import { accessVersionId, accessVersionModel } from "../identity/access-version-model.ts";
import { groupsModel } from "../identity/models.ts";
import type { Environment } from "../model/environment.ts";
import { rightModel, ruleModel } from "./models.ts";
import { operationsOfRow, rightsOfRow } from "./right-flags.ts";

/** Most rows of each kind that one database adds. */
export const maxAddedRows = 5_000;

/**
 * What administrators added in one database, kept as long as its version stands. Every request brings the
 * version that it read with its own first statement: a change binds at the next request, on every worker.
 */
export class AddedPolicies {
  #kept: AddedPolicy | undefined;

  /**
   * @param told - the version; empty when whoever read the user did not read it, which costs a statement more and
   * loosens nothing. Three statements when it is a new one, none else.
   */
  async of(env: Environment, told: string): Promise<AddedPolicy | undefined> {
    if (!env.registry.models.has(ruleModel.name)) return undefined;
    const version = told === "" ? await versionNow(env) : told;
    if (version === "") return undefined;
    if (this.#kept?.version === version) return this.#kept;
    const loaded = await load(env, version);
    this.#kept = loaded;
    return loaded;
  }
}

/** @returns an empty one before the base data is there: nothing can have been added. */
function versionNow(env: Environment): Promise<string> {
  return env.system("learn the state of access", async (system) => {
    const [row] = await system
      .of(accessVersionModel)
      .searchRead([["id", "=", accessVersionId]], ["version"], { limit: 1 });
    return row?.version ?? "";
  });
}

function load(env: Environment, version: string): Promise<AddedPolicy> {
  return env.system("read the rights and rules that bind whoever asks", async (system) => {
    const limit = { limit: maxAddedRows };
    const groups = await system.of(groupsModel).searchRead([], ["key"], limit);
    const rights = await system
      .of(rightModel)
      .searchRead([["active", "=", true]], ["model_name", "group_id", ...rightFlags], limit);
    const rules = await system
      .of(ruleModel)
      .searchRead(
        [["active", "=", true]],
        ["name", "model_name", "domain_force", "groups", ...ruleFlags],
        limit,
      );
    const keys = new Map(groups.map((group) => [group.id, group.key]));
    return addedPolicy(env.registry, {
      version,
      rights: rights.map((row) => ({
        group: keys.get(row.group_id.id) ?? "",
        model: row.model_name ?? "",
        allow: rightsOfRow(row),
      })),
      rules: rules.map((row) => ({
        key: `ir.rule ${row.id}`,
        label: row.name,
        model: row.model_name ?? "",
        condition: row.domain_force,
        operations: operationsOfRow(row),
        ...(row.groups.length > 0 && { groups: row.groups.map((id) => keys.get(id) ?? "") }),
      })),
    });
  });
}

const ruleFlags = ["perm_read", "perm_write", "perm_create", "perm_unlink"] as const;
const rightFlags = [...ruleFlags, "perm_export", "perm_import"] as const;
