import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { Actor, GroupKey } from "./actor.ts";
import { fieldVisible, rulesFor } from "./compiled-access.ts";
import type { AccessOperation, RecordRule } from "./policy.ts";

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
}

/** Why an actor may or may not do something with a model's records, in plain data for a person to read. */
export interface AccessExplanation {
  readonly model: string;
  readonly operation: AccessOperation;
  readonly allowed: boolean;
  /** A system scope: rights and rules do not bind it. */
  readonly system: boolean;
  /** Groups that grant it: those the actor holds when allowed; those that would when not. */
  readonly granting: readonly ExplainedGroup[];
  /** All of them hold for each record. */
  readonly everyRule: readonly ExplainedRule[];
  /** One of them holds for each record; empty: none is asked for. */
  readonly oneRule: readonly ExplainedRule[];
  /** Fields that do not exist for the actor, and for whom they do; nobody: a secret. */
  readonly hiddenFields: readonly { readonly field: string; readonly shownTo: readonly ExplainedGroup[] }[];
}

/** Tells which grant allows an operation and which rules bind it. Reads no record. */
export function explain(
  registry: Registry,
  actor: Actor,
  model: Model,
  operation: AccessOperation,
): AccessExplanation {
  const system = actor.kind === "system";
  const all = grantingGroups(registry, model, operation);
  const held = all.filter((key) => actor.groups.has(key));
  const rules = system ? { global: [], ofGroups: [] } : rulesFor(registry, actor.groups, model, operation);
  return {
    model: model.name,
    operation,
    allowed: system || held.length > 0,
    system,
    granting: (held.length > 0 ? held : all).map((key) => labelled(registry, key)),
    everyRule: rules.global.map(explained),
    oneRule: rules.ofGroups.map(explained),
    hiddenFields: system ? [] : hiddenFields(registry, actor.groups, model),
  };
}

/** Keys of the groups that a right to this operation names, each once. */
export function grantingGroups(registry: Registry, model: Model, operation: AccessOperation): GroupKey[] {
  const rights = registry.apps.flatMap((app) => app.rights ?? []);
  const granting = rights.filter((right) => right.model === model.name && right.allow.includes(operation));
  return [...new Set(granting.map((right) => right.group))];
}

/** A group with its name for people; what nobody declares is its own name. */
export function labelled(registry: Registry, key: GroupKey): ExplainedGroup {
  return { key, label: registry.groups.get(key)?.label ?? key };
}

function explained({ key, label, condition }: RecordRule): ExplainedRule {
  return { key, label, condition };
}

function hiddenFields(registry: Registry, groups: ReadonlySet<GroupKey>, model: Model) {
  return Object.entries(model.fields)
    .filter(([, field]) => !fieldVisible(field, groups))
    .map(([name, field]) => ({
      field: name,
      shownTo: field.secret === true ? [] : (field.groups ?? []).map((key) => labelled(registry, key)),
    }));
}
