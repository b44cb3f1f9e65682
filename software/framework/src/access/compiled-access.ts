import { ruleCondition } from "../expressions/rule-condition.ts";
import { automaticFields } from "../model/automatic.ts";
import { type Condition, some } from "../model/condition.ts";
import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { GroupKey } from "./actor.ts";
import type { AccessOperation, RecordRule } from "./policy.ts";

/** What a set of groups may do with a model, the actor's own values still open. */
export interface ModelAccess {
  readonly granted: boolean;
  /** All must hold: each global rule, and one term for the rules of groups; null when there is none. */
  readonly rules: readonly Condition[] | null;
  readonly fields: ReadonlySet<string>;
}

export interface CompiledAccess {
  on(model: Model, operation: AccessOperation): ModelAccess;
}

/** Sets of groups kept for one registry; people of one company share a few. */
const maxGroupSets = 256;
const compiledFor = new WeakMap<Registry, Map<string, CompiledAccess>>();
const conditionsOf = new WeakMap<Registry, Map<RecordRule, Condition>>();

/** Rights, rules and field permissions of a set of groups; shared by all actors who hold the same. */
export function compiledAccess(registry: Registry, groups: ReadonlySet<GroupKey>): CompiledAccess {
  let sets = compiledFor.get(registry);
  if (sets === undefined) compiledFor.set(registry, (sets = new Map()));
  const key = [...groups].sort().join("\n");
  let compiled = sets.get(key);
  if (compiled !== undefined) return compiled;
  if (sets.size >= maxGroupSets) sets.clear();
  sets.set(key, (compiled = compileFor(registry, new Set(groups))));
  return compiled;
}

/** The rules of a model that bind those who hold `groups`: global ones, and theirs. */
export function rulesFor(
  registry: Registry,
  groups: ReadonlySet<GroupKey>,
  model: Model,
  operation: AccessOperation,
): { readonly global: readonly RecordRule[]; readonly ofGroups: readonly RecordRule[] } {
  const rules = registry.apps
    .flatMap((app) => app.rules ?? [])
    .filter((rule) => rule.model === model.name && (rule.operations?.includes(operation) ?? true));
  return {
    global: rules.filter((rule) => rule.groups === undefined),
    ofGroups: rules.filter((rule) => rule.groups?.some((group) => groups.has(group)) ?? false),
  };
}

/** Whether a field exists for those who hold `groups`. A secret one exists for a system scope alone. */
export function fieldVisible(field: Field, groups: ReadonlySet<GroupKey>): boolean {
  if (field.secret === true) return false;
  return field.groups === undefined || field.groups.some((group) => groups.has(group));
}

/** A rule's condition, parsed once per registry. @throws `invalid` when the text does not fit its model. */
export function conditionOf(registry: Registry, rule: RecordRule): Condition {
  let known = conditionsOf.get(registry);
  if (known === undefined) conditionsOf.set(registry, (known = new Map()));
  let condition = known.get(rule);
  if (condition === undefined) {
    condition = ruleCondition(rule.condition, registry.model(rule.model), registry);
    known.set(rule, condition);
  }
  return condition;
}

function compileFor(registry: Registry, groups: ReadonlySet<GroupKey>): CompiledAccess {
  const rights = rightsOf(registry, groups);
  const known = new Map<string, ModelAccess>();
  return {
    on(model, operation) {
      const key = `${operation} ${model.name}`;
      let access = known.get(key);
      if (access === undefined) {
        const granted = rights.has(key);
        const rules = granted ? termsOf(registry, groups, model, operation) : null;
        access = { granted, rules, fields: fieldsFor(model, groups) };
        known.set(key, access);
      }
      return access;
    },
  };
}

function rightsOf(registry: Registry, groups: ReadonlySet<GroupKey>): ReadonlySet<string> {
  const granted = new Set<string>();
  for (const app of registry.apps)
    for (const right of app.rights ?? [])
      if (groups.has(right.group))
        for (const operation of right.allow) granted.add(`${operation} ${right.model}`);
  return granted;
}

function termsOf(
  registry: Registry,
  groups: ReadonlySet<GroupKey>,
  model: Model,
  operation: AccessOperation,
): readonly Condition[] | null {
  const { global, ofGroups } = rulesFor(registry, groups, model, operation);
  const terms = global.map((rule) => conditionOf(registry, rule));
  if (ofGroups.length > 0) terms.push(some(ofGroups.map((rule) => conditionOf(registry, rule))));
  return terms.length > 0 ? terms : null;
}

function fieldsFor(model: Model, groups: ReadonlySet<GroupKey>): ReadonlySet<string> {
  const own = Object.entries(model.fields).filter(([, field]) => fieldVisible(field, groups));
  return new Set([...Object.keys(automaticFields), ...own.map(([name]) => name)]);
}
