import { ExpectedError } from "@holdfast/kernel/errors";
import { ruleCondition } from "../expressions/rule-condition.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { AccessRight, RecordRule, RightOperation } from "./policy.ts";

/**
 * Rights and rules that an administrator added in one database, on top of what its apps declare. They bind
 * those who sign in; visitors and holders of links have exactly what is declared.
 *
 * What is declared stays the ceiling (docs/decisions/0015): a right may give a group only what some declared
 * right gives to some group, and a rule may only take records away. Neither speaks of the models that access
 * itself is made of.
 */
export interface AddedPolicy {
  /** Another one after each change; never comes back. */
  readonly version: string;
  readonly rights: readonly AccessRight[];
  /** Those without groups all hold; of the others one of those whose group the actor holds. */
  readonly rules: readonly RecordRule[];
}

/** Access is made of these: who could change them, or hide them, could climb or lock everybody out. */
const ownModels: ReadonlySet<string> = new Set([
  "res.users",
  "res.groups",
  "res.users.apikeys",
  "ir.rule",
  "ir.model",
  "ir.model.access",
  "ir.model.fields",
]);

/** What stands in a rule that does not fit its model any more: nobody gets what it should have bound. */
const shut = "false";
const maxRuleCharacters = 4_096;

/** @returns why no added right or rule may speak of a model; undefined when one may. */
export function closedModel(registry: Registry, model: string): string | undefined {
  if (!registry.models.has(model)) return `There is no model "${model.slice(0, 64)}".`;
  return ownModels.has(model) || model.startsWith("hf.")
    ? `"${model}" is one of the models that access itself is made of: it has what is declared, no more and no less.`
    : undefined;
}

/** @returns a sentence for the person when a rule does not fit; undefined when it does. */
export function addedRuleProblem(
  registry: Registry,
  rule: Pick<RecordRule, "model" | "condition">,
): string | undefined {
  const closed = closedModel(registry, rule.model);
  if (closed !== undefined) return closed;
  if (rule.condition.length > maxRuleCharacters)
    return `The condition has more than ${maxRuleCharacters} characters.`;
  try {
    ruleCondition(rule.condition, registry.model(rule.model), readableBySome(registry));
    return undefined;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return `The condition does not fit: ${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}.`;
  }
}

/** @returns a sentence for the person when a right goes beyond what is declared; undefined when it does not. */
export function addedRightProblem(
  registry: Registry,
  right: Pick<AccessRight, "model" | "allow">,
): string | undefined {
  const closed = closedModel(registry, right.model);
  if (closed !== undefined) return closed;
  const beyond = right.allow.find((operation) => !withinCeiling(registry, right.model, operation));
  return beyond === undefined
    ? undefined
    : `No app lets anybody ${beyond} records of "${registry.model(right.model).label}": a right added here cannot either.`;
}

/** Whether some declared right gives this to some group. */
export function withinCeiling(registry: Registry, model: string, operation: RightOperation): boolean {
  let ceiling = ceilings.get(registry);
  if (ceiling === undefined) {
    const rights = registry.apps.flatMap((app) => app.rights ?? []);
    ceiling = new Set(rights.flatMap((one) => one.allow.map((given) => `${given} ${one.model}`)));
    ceilings.set(registry, ceiling);
  }
  return ceiling.has(`${operation} ${model}`);
}

const ceilings = new WeakMap<Registry, ReadonlySet<string>>();

/**
 * Takes rows as they stand in a database: a right that fits no more gives nothing, a rule that fits no more
 * lets nothing pass.
 */
export function addedPolicy(registry: Registry, rows: AddedPolicy): AddedPolicy {
  const rules = rows.rules.filter((rule) => closedModel(registry, rule.model) === undefined);
  return {
    version: rows.version,
    rights: rows.rights.filter((right) => addedRightProblem(registry, right) === undefined),
    rules: rules.map((rule) =>
      addedRuleProblem(registry, rule) === undefined ? rule : { ...rule, condition: shut },
    ),
  };
}

/**
 * The registry without what nobody may read: a condition on a secret would tell it, bit by bit, through
 * which records are seen.
 */
function readableBySome(registry: Registry): Registry {
  return {
    ...registry,
    field(model: Model, name: string) {
      const field = registry.field(model, name);
      return field === undefined || field.secret === true || !withinCeiling(registry, model.name, "read")
        ? undefined
        : field;
    },
  };
}
