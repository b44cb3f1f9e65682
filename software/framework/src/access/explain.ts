import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { Actor, GroupKey } from "./actor.ts";
import { addedRulesFor, fieldVisible, ruledAs, rulesFor } from "./compiled-access.ts";
import { gate } from "./gate.ts";
import { beyondScope } from "./key-scope.ts";
import type { RecordRule, RightOperation } from "./policy.ts";

/** A group as a person knows it. */
export interface ExplainedGroup {
  readonly key: GroupKey;
  readonly label: string;
}

/** A rule with its words for people and its text. */
export interface ExplainedRule {
  readonly key: string;
  readonly label: string;
  readonly condition: string;
  /** An administrator added it in this database; else an app declares it. */
  readonly added: boolean;
}

/** Why an actor may or may not do something with a model's records, in plain data for a person to read. */
export interface AccessExplanation {
  readonly model: string;
  readonly operation: RightOperation;
  readonly allowed: boolean;
  /** A system scope: rights and rules do not bind it. */
  readonly system: boolean;
  /** Groups to which an app grants it: those the actor holds; when there is none, all that there are. */
  readonly granting: readonly ExplainedGroup[];
  /** Groups that the actor holds, to which an administrator grants it. */
  readonly addedGrants: readonly ExplainedGroup[];
  /** The key that was used reaches less far than its user. */
  readonly beyondKey: string | null;
  /** All of them hold for each record. */
  readonly everyRule: readonly ExplainedRule[];
  /** One of them holds for each record; empty: none is asked for. */
  readonly oneRule: readonly ExplainedRule[];
  /** Of these added ones, too, one holds. */
  readonly oneAddedRule: readonly ExplainedRule[];
  /** Fields that do not exist for the actor, and for whom they do; nobody: a secret. */
  readonly hiddenFields: readonly { readonly field: string; readonly shownTo: readonly ExplainedGroup[] }[];
}

/** Tells which grant allows an operation and which rules bind it. Reads no record. */
export function explain(
  registry: Registry,
  actor: Actor,
  model: Model,
  operation: RightOperation,
): AccessExplanation {
  const system = actor.kind === "system";
  const all = grantingGroups(registry, model, operation);
  const held = all.filter((key) => actor.groups.has(key));
  const added = (actor.added?.rights ?? []).filter(
    (right) => right.model === model.name && right.allow.includes(operation) && actor.groups.has(right.group),
  );
  const rules = bindingRules(registry, actor, model, operation);
  return {
    model: model.name,
    operation,
    allowed: gate(registry, actor).on(model, operation).allowed,
    system,
    granting: (held.length > 0 ? held : all).map((key) => labelled(registry, key)),
    addedGrants: [...new Set(added.map((right) => right.group))].map((key) => labelled(registry, key)),
    beyondKey: beyondScope(actor.scope, model, operation) ?? null,
    ...rules.explained,
    hiddenFields: system ? [] : hiddenFields(registry, actor.groups, model),
  };
}

/** The rules that bind an actor, as they are asked and as they are explained. */
export interface ExplainedRules {
  /** All hold. */
  readonly every: readonly RecordRule[];
  /** One of each list holds; an empty one asks for nothing. */
  readonly one: readonly (readonly RecordRule[])[];
  readonly explained: Pick<AccessExplanation, "everyRule" | "oneRule" | "oneAddedRule">;
}

/** @returns none for a system scope. */
export function bindingRules(
  registry: Registry,
  actor: Actor,
  model: Model,
  operation: RightOperation,
): ExplainedRules {
  const none = { global: [], ofGroups: [] };
  const bound = actor.kind !== "system";
  const declared = bound ? rulesFor(registry, actor, model, ruledAs[operation]) : none;
  const added = bound ? addedRulesFor(actor, model, ruledAs[operation]) : none;
  return {
    every: [...declared.global, ...added.global],
    one: [declared.ofGroups, added.ofGroups],
    explained: {
      everyRule: [...declared.global.map(explained(false)), ...added.global.map(explained(true))],
      oneRule: declared.ofGroups.map(explained(false)),
      oneAddedRule: added.ofGroups.map(explained(true)),
    },
  };
}

/** Keys of the groups that a right to this operation names, each once. */
export function grantingGroups(registry: Registry, model: Model, operation: RightOperation): GroupKey[] {
  const rights = registry.apps.flatMap((app) => app.rights ?? []);
  const granting = rights.filter((right) => right.model === model.name && right.allow.includes(operation));
  return [...new Set(granting.map((right) => right.group))];
}

/** A group with its name for people; what nobody declares is its own name. */
export function labelled(registry: Registry, key: GroupKey): ExplainedGroup {
  return { key, label: registry.groups.get(key)?.label ?? key };
}

function explained(added: boolean): (rule: RecordRule) => ExplainedRule {
  return ({ key, label, condition }) => ({ key, label, condition, added });
}

function hiddenFields(registry: Registry, groups: ReadonlySet<GroupKey>, model: Model) {
  return Object.entries(model.fields)
    .filter(([, field]) => !fieldVisible(field, groups))
    .map(([name, field]) => ({
      field: name,
      shownTo: field.secret === true ? [] : (field.groups ?? []).map((key) => labelled(registry, key)),
    }));
}
