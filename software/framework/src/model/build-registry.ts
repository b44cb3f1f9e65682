import { createHash } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Group } from "../access/policy.ts";
import type { App } from "../modules/app.ts";
import { orderApps } from "../modules/app-order.ts";
import { declaredSchema } from "../sql/schema/declared.ts";
import { declaredRules } from "../sql/schema/ruled-index.ts";
import { automaticFields } from "./automatic.ts";
import type { Field } from "./field.ts";
import { mergeModels } from "./merge-models.ts";
import type { Model } from "./model.ts";
import { didYouMean } from "./nearest.ts";
import type { Registry } from "./registry.ts";
import { declarationProblems } from "./verify-declarations.ts";

/** What apps declare does not fit together. One sentence a problem, each naming its app or model. */
export class InvalidDeclarations extends Error {
  override readonly name = "InvalidDeclarations";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the apps do not fit together:\n- ${problems.join("\n- ")}`);
    this.problems = problems;
  }
}

/**
 * Puts apps together: orders them, merges extensions, checks every name that refers to another.
 *
 * @param apps - in any order, all that the set depends on included.
 * @throws {@link InvalidDeclarations} with all problems at once.
 */
export function buildRegistry(apps: readonly App[]): Registry {
  const problems: string[] = [];
  const ordered = orderApps(apps, problems);
  const models = mergeModels(ordered, problems);
  const groups = mergeGroups(ordered, problems);
  const registry: Registry = {
    apps: ordered,
    models,
    groups,
    model: (name) => models.get(name) ?? unknownModel(name, models.keys()),
    field: fieldOf,
    schemaDigest: "",
  };
  if (problems.length === 0) problems.push(...declarationProblems(registry));
  if (problems.length > 0) throw new InvalidDeclarations(problems);
  return { ...registry, schemaDigest: digestOf(registry) };
}

/** Migrations count too: one that moves values alone leaves the tables as they are. */
function digestOf({ models, apps }: Registry): string {
  const migrations = apps.flatMap((app) => (app.migrations ?? []).map(({ number }) => [app.name, number]));
  return createHash("sha256")
    .update(JSON.stringify([declaredSchema(models, declaredRules(apps)), migrations]))
    .digest("hex");
}

function fieldOf(model: Model, name: string): Field | undefined {
  if (Object.hasOwn(model.fields, name)) return model.fields[name];
  return Object.hasOwn(automaticFields, name) ? automaticFields[name] : undefined;
}

function unknownModel(name: string, known: Iterable<string>): never {
  throw new ExpectedError("not_found", `there is no model "${name.slice(0, 64)}"${didYouMean(name, known)}`);
}

function mergeGroups(apps: readonly App[], problems: string[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const app of apps)
    for (const group of app.groups ?? []) {
      if (groups.has(group.key)) problems.push(`app "${app.name}": group "${group.key}" is declared twice`);
      groups.set(group.key, group);
    }
  return groups;
}
