import { ruleCondition } from "../expressions/rule-condition.ts";
import { automaticFields } from "../model/automatic.ts";
import { type Condition, some } from "../model/condition.ts";
import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { GroupKey } from "./actor.ts";
import type { AddedPolicy } from "./added-policy.ts";
import { withinCeiling } from "./added-policy.ts";
import { type Told, toldFields } from "./derived-fields.ts";
import type { AccessOperation, RecordRule, RightOperation } from "./policy.ts";

/** What a set of groups may do with a model, the actor's own values still open. */
export interface ModelAccess {
  readonly granted: boolean;
  /** All must hold: each global rule, and one term for the rules of groups; null when there is none. */
  readonly rules: readonly Condition[] | null;
  readonly fields: ReadonlySet<string>;
}

export interface CompiledAccess {
  on(model: Model, operation: RightOperation): ModelAccess;
}

/** Whose access: groups closed under implication, and what their database adds. */
export interface Holder {
  readonly groups: ReadonlySet<GroupKey>;
  readonly added?: AddedPolicy;
}

/** Sets of groups kept for one registry; people of one company share a few. */
const maxGroupSets = 256;
const compiledFor = new WeakMap<object, Map<string, CompiledAccess>>();
const conditionsOf = new WeakMap<Registry, WeakMap<RecordRule, Condition>>();

/** Rights, rules and field permissions of a set of groups; shared by all actors who hold the same. */
export function compiledAccess(registry: Registry, { groups, added }: Holder): CompiledAccess {
  const owner = added ?? registry;
  let sets = compiledFor.get(owner);
  if (sets === undefined) compiledFor.set(owner, (sets = new Map()));
  const key = keyOfGroups(groups);
  let compiled = sets.get(key);
  if (compiled !== undefined) return compiled;
  if (sets.size >= maxGroupSets) sets.clear();
  sets.set(key, (compiled = compileFor(registry, { groups: new Set(groups), ...(added && { added }) })));
  return compiled;
}

/** Groups of an actor are closed once and handed on; nobody changes them. */
const keysOfGroups = new WeakMap<ReadonlySet<GroupKey>, string>();

function keyOfGroups(groups: ReadonlySet<GroupKey>): string {
  let key = keysOfGroups.get(groups);
  if (key === undefined) keysOfGroups.set(groups, (key = [...groups].sort().join("\n")));
  return key;
}

/** Rules that bind an actor: all of `global` hold, and one of `ofGroups` when there is any. */
export interface BindingRules {
  readonly global: readonly RecordRule[];
  readonly ofGroups: readonly RecordRule[];
}

/** The declared rules of a model that bind those who hold `groups`. */
export function rulesFor(
  registry: Registry,
  holder: Holder,
  model: Model,
  operation: AccessOperation,
): BindingRules {
  const rules = concerning(
    registry.apps.flatMap((app) => app.rules ?? []),
    model,
    operation,
  );
  const binding = bindingOf(rules, holder.groups);
  if (binding.ofGroups.length > 0 || isDeclared(registry, holder, model, operation)) return binding;
  // Whoever comes in by an added right alone reaches no record that the rules of no group would show.
  return { global: binding.global, ofGroups: rules.filter((rule) => rule.groups !== undefined) };
}

/** The rules that an administrator added, which only take away. */
export function addedRulesFor(holder: Holder, model: Model, operation: AccessOperation): BindingRules {
  return bindingOf(concerning(holder.added?.rules ?? [], model, operation), holder.groups);
}

function concerning(rules: readonly RecordRule[], model: Model, operation: AccessOperation): RecordRule[] {
  return rules.filter((rule) => rule.model === model.name && (rule.operations?.includes(operation) ?? true));
}

function bindingOf(rules: readonly RecordRule[], groups: ReadonlySet<GroupKey>): BindingRules {
  return {
    global: rules.filter((rule) => rule.groups === undefined),
    ofGroups: rules.filter((rule) => rule.groups?.some((group) => groups.has(group)) ?? false),
  };
}

function isDeclared(
  registry: Registry,
  { groups }: Holder,
  model: Model,
  operation: RightOperation,
): boolean {
  return registry.apps.some((app) =>
    app.rights?.some(
      (right) => right.model === model.name && groups.has(right.group) && right.allow.includes(operation),
    ),
  );
}

/** Whether a field exists for those who hold `groups`. A secret one exists for a system scope alone. */
export function fieldVisible(field: Field, groups: ReadonlySet<GroupKey>): boolean {
  if (field.secret === true) return false;
  return field.groups === undefined || field.groups.some((group) => groups.has(group));
}

/** A rule's condition, parsed once per registry. @throws `invalid` when the text does not fit its model. */
export function conditionOf(registry: Registry, rule: RecordRule): Condition {
  let known = conditionsOf.get(registry);
  if (known === undefined) conditionsOf.set(registry, (known = new WeakMap()));
  let condition = known.get(rule);
  if (condition === undefined) {
    condition = ruleCondition(rule.condition, registry.model(rule.model), registry);
    known.set(rule, condition);
  }
  return condition;
}

function compileFor(registry: Registry, holder: Holder): CompiledAccess {
  const rights = rightsOf(registry, holder);
  const known = new Map<string, ModelAccess>();
  const told: Told = (target, field) =>
    rights.has(`read ${target.name}`) && fieldVisible(field, holder.groups);
  return {
    on(model, operation) {
      const key = `${operation} ${model.name}`;
      let access = known.get(key);
      if (access === undefined) {
        const granted = needs[operation].every((needed) => rights.has(`${needed} ${model.name}`));
        const rules = granted ? termsOf(registry, holder, model, ruledAs[operation]) : null;
        const fields = toldFields(registry, model, fieldsFor(model, holder.groups), told);
        access = { granted, rules, fields };
        known.set(key, access);
      }
      return access;
    },
  };
}

/** Rights that an operation takes. */
const needs: Readonly<Record<RightOperation, readonly RightOperation[]>> = {
  read: ["read"],
  write: ["write"],
  create: ["create"],
  delete: ["delete"],
  export: ["export", "read"],
  import: ["import"],
};

/** Whose rules bind an operation. */
export const ruledAs: Readonly<Record<RightOperation, AccessOperation>> = {
  read: "read",
  write: "write",
  create: "create",
  delete: "delete",
  export: "read",
  import: "create",
};

function rightsOf(registry: Registry, { groups, added }: Holder): ReadonlySet<string> {
  const granted = new Set<string>();
  for (const app of registry.apps)
    for (const right of app.rights ?? [])
      if (groups.has(right.group))
        for (const operation of right.allow) granted.add(`${operation} ${right.model}`);
  for (const right of added?.rights ?? [])
    if (groups.has(right.group))
      for (const operation of right.allow)
        if (withinCeiling(registry, right.model, operation)) granted.add(`${operation} ${right.model}`);
  return granted;
}

function termsOf(
  registry: Registry,
  holder: Holder,
  model: Model,
  operation: AccessOperation,
): readonly Condition[] | null {
  const declared = rulesFor(registry, holder, model, operation);
  const added = addedRulesFor(holder, model, operation);
  const terms = [declared, added].flatMap(({ global, ofGroups }) => [
    ...global.map((rule) => conditionOf(registry, rule)),
    ...(ofGroups.length === 0 ? [] : [some(ofGroups.map((rule) => conditionOf(registry, rule)))]),
  ]);
  return terms.length > 0 ? terms : null;
}

function fieldsFor(model: Model, groups: ReadonlySet<GroupKey>): ReadonlySet<string> {
  const own = Object.entries(model.fields).filter(([, field]) => fieldVisible(field, groups));
  return new Set([...Object.keys(automaticFields), ...own.map(([name]) => name)]);
}
