import type { Actor } from "../access/actor.ts";
import type { Field } from "./field.ts";
import type { Model } from "./model.ts";

/** A field found on its model; `display_name` is already the stored field that it stands for. */
export interface FieldRef {
  readonly model: Model;
  readonly name: string;
  readonly field: Field;
}

/** What an expression may read of an actor. Source: {@link Actor}. */
export type ActorField = "user_id" | "partner_id" | "record_id" | ActorList;

/** Those that are several: companies by id; names of the models, and `model.field`s, that the actor may read. */
export type ActorList = "company_ids" | "models" | "fields";

/** What an actor may read, worked out when a rule asks for it. */
export interface Readable {
  models(): readonly string[];
  fields(): readonly string[];
}

/** A value known only when a statement is made for someone; see {@link bindActor}. */
export interface ActorValue {
  readonly actor: ActorField;
}

/** Several values known only then. */
export interface ActorValues {
  readonly actor: ActorList;
}

/**
 * A checked value as the database takes it: integers as numbers, all else as text (decimals as digits,
 * dates as `YYYY-MM-DD`, datetimes as ISO 8601 in UTC).
 */
export type Scalar = number | string;

/** A term that follows a relation: some record there meets `condition`. */
export interface RelatedCondition {
  readonly kind: "related";
  readonly at: FieldRef;
  readonly target: Model;
  readonly condition: Condition;
}

/**
 * The record is one of `roots` or lies below (`down`) or above (`up`) one of them, along the many2one
 * `parent`, which points to its own model.
 */
export interface TreeCondition {
  readonly kind: "tree";
  readonly direction: "down" | "up";
  readonly parent: FieldRef;
  readonly roots: Condition;
}

/**
 * What a record must meet: the common form of domains and record rules, every path resolved, every value
 * checked. Each term is true or false, never unknown: a comparison with what is not set is false, and
 * `not` is its exact complement. So a condition and its negation part the records in two.
 * Build it with {@link every}, {@link some}, {@link not}, which keep it flat.
 */
export type Condition =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "every" | "some"; readonly terms: readonly Condition[] }
  | { readonly kind: "not"; readonly term: Condition }
  /** Null; for texts also the empty text. */
  | { readonly kind: "unset"; readonly at: FieldRef }
  /** A boolean field that is true. */
  | { readonly kind: "isTrue"; readonly at: FieldRef }
  | {
      readonly kind: "compare";
      readonly at: FieldRef;
      readonly operator: "=" | "<" | "<=" | ">" | ">=";
      readonly value: Scalar | ActorValue;
    }
  | { readonly kind: "in"; readonly at: FieldRef; readonly values: readonly Scalar[] | ActorValues }
  /** `%` and `_` are wildcards, `\` takes the next character as it is; `fold` ignores case and accents. */
  | { readonly kind: "like"; readonly at: FieldRef; readonly pattern: string; readonly fold: boolean }
  | RelatedCondition
  | TreeCondition;

/** Every record meets it. */
export const always: Condition = { kind: "constant", value: true };
/** No record meets it. */
export const never: Condition = { kind: "constant", value: false };

/** All of them hold; none given: {@link always}. */
export function every(terms: readonly Condition[]): Condition {
  return gather("every", terms);
}

/** At least one holds; none given: {@link never}. */
export function some(terms: readonly Condition[]): Condition {
  return gather("some", terms);
}

/** The exact complement. */
export function not(term: Condition): Condition {
  if (term.kind === "not") return term.term;
  if (term.kind === "constant") return term.value ? never : always;
  return { kind: "not", term };
}

/** Puts an actor's values where a rule asks for them. A scalar that the actor lacks matches nothing. */
export function bindActor(condition: Condition, actor: Actor, readable: Readable = nothing): Condition {
  switch (condition.kind) {
    case "every":
    case "some":
      return gather(
        condition.kind,
        condition.terms.map((term) => bindActor(term, actor, readable)),
      );
    case "not":
      return not(bindActor(condition.term, actor, readable));
    case "compare":
      return bindCompare(condition, actor);
    case "in":
      return isActorValue(condition.values)
        ? { ...condition, values: actorList(condition.values.actor, actor, readable) }
        : condition;
    case "related":
      return { ...condition, condition: bindActor(condition.condition, actor, readable) };
    case "tree":
      return { ...condition, roots: bindActor(condition.roots, actor, readable) };
    default:
      return condition;
  }
}

const nothing: Readable = { models: () => [], fields: () => [] };

function actorList(list: ActorList, actor: Actor, readable: Readable): readonly Scalar[] {
  return list === "company_ids" ? actor.companyIds : readable[list]();
}

/** Whether a rule leaves this value to the actor. */
export function isActorValue<V extends ActorValue>(value: Scalar | readonly Scalar[] | V): value is V {
  return typeof value === "object" && "actor" in value;
}

function gather(kind: "every" | "some", terms: readonly Condition[]): Condition {
  const deciding = kind === "some";
  const flat: Condition[] = [];
  for (const term of terms) {
    if (term.kind === "constant") {
      if (term.value === deciding) return term;
    } else if (term.kind === kind) flat.push(...term.terms);
    else flat.push(term);
  }
  if (flat.length === 1) return flat[0] as Condition;
  return flat.length === 0 ? { kind: "constant", value: !deciding } : { kind, terms: flat };
}

function bindCompare(condition: Extract<Condition, { kind: "compare" }>, actor: Actor): Condition {
  if (!isActorValue(condition.value)) return condition;
  const value = actorScalar(condition.value.actor, actor);
  return value === null ? never : { ...condition, value };
}

function actorScalar(field: ActorField, actor: Actor): number | null {
  if (field === "user_id") return actor.userId;
  if (field === "partner_id") return actor.partnerId;
  return field === "record_id" ? actor.recordId : null;
}
