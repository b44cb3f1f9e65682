import type { ActorField, Condition, FieldRef } from "../model/condition.ts";
import { isKeyed } from "../model/keyed.ts";
import type { Model } from "../model/model.ts";
import { nearest } from "../model/nearest.ts";
import type { Registry } from "../model/registry.ts";
import { isDerived } from "../model/storage.ts";
import { type Expression, expressionFault } from "./expression.ts";

type Path = Extract<Expression, { kind: "path" }>;

/** A path that was found: its last field, and how a condition on that field reaches back to the record. */
export interface FoundPath {
  readonly at: FieldRef;
  reach(condition: Condition): Condition;
}

/** What paths start from. */
export interface RuleScope {
  readonly model: Model;
  readonly registry: Registry;
}

const maxSteps = 8;

/** What an expression may read of an actor, and which model's ids that holds; null: ids of the rule's own model. */
export const actorFields: Readonly<Record<ActorField, string | null>> = {
  user_id: "res.users",
  partner_id: "res.partner",
  company_ids: "res.company",
  record_id: null,
  models: null,
  fields: null,
};

/** Those that are several, and stand after `in` only. */
export const actorLists: ReadonlySet<ActorField> = new Set(["company_ids", "models", "fields"]);

/** @returns which of the actor's values a path names; undefined when it is a path of the record. */
export function actorField(path: Path): ActorField | undefined {
  const [first, second] = path.steps;
  if (first !== "actor") return undefined;
  const known = Object.keys(actorFields).map((name) => `actor.${name}`);
  if (path.steps.length !== 2 || second === undefined || !Object.hasOwn(actorFields, second))
    throw expressionFault(
      path.at,
      `an actor has no "${path.steps.slice(1).join(".")}"`,
      `use ${known.join(", ")}`,
    );
  return second as ActorField;
}

/**
 * Follows a path from the record.
 *
 * @param many - `one`: each step but the last leads to at most one record; `many`: any relation, and the
 * condition holds when some record behind the path meets it.
 */
export function findPath(path: Path, scope: RuleScope, many: "one" | "many"): FoundPath {
  if (path.steps.length > maxSteps) throw expressionFault(path.at, `a path has at most ${maxSteps} steps`);
  const passed: { at: FieldRef; target: Model }[] = [];
  let at = findStep(path, scope.model, path.steps[0] ?? "", scope.registry);
  for (const step of path.steps.slice(1)) {
    const target = targetOf(path, at, scope.registry, many);
    passed.push({ at, target });
    at = findStep(path, target, step, scope.registry);
  }
  const reach = (condition: Condition) =>
    passed.reduceRight<Condition>(
      (inner, { at, target }) => ({ kind: "related", at, target, condition: inner }),
      condition,
    );
  return { at, reach };
}

function findStep(path: Path, model: Model, name: string, registry: Registry): FieldRef {
  const stored = name === "display_name" ? model.displayName : name;
  const field = registry.field(model, stored);
  if (field?.kind === "reference")
    throw expressionFault(
      path.at,
      `"${name}" leads to records of several models: what it is depends on who asks`,
    );
  if (field !== undefined && isDerived(field))
    throw expressionFault(
      path.at,
      `"${name}" is not stored`,
      field.related === undefined ? undefined : `write \`${field.related}\``,
    );
  if (field !== undefined && isKeyed(field))
    throw expressionFault(path.at, `"${name}" has several values: what it is depends on who asks`);
  if (field !== undefined) return { model, name: stored, field };
  const near = nearest(name, [...Object.keys(model.fields), "actor"]);
  throw expressionFault(
    path.at,
    `"${model.name}" has no field "${name}"`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}

function targetOf(path: Path, at: FieldRef, registry: Registry, many: "one" | "many"): Model {
  if (at.field.target === undefined)
    throw expressionFault(path.at, `"${at.name}" leads to no other model`, `end the path at "${at.name}"`);
  if (many === "one" && at.field.kind !== "many2one")
    throw expressionFault(
      path.at,
      `"${at.name}" leads to several records`,
      `write \`value in ${path.steps.join(".")}\``,
    );
  return registry.model(at.field.target);
}
