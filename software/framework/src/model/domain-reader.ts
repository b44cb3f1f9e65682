import type { ExpectedError } from "@holdfast/kernel/errors";
import { withoutArchived } from "./archived.ts";
import type { Condition, FieldRef } from "./condition.ts";
import { domainFault, domainLimits, type Place, quote, unknownField } from "./domain-fault.ts";
import type { FieldKind } from "./field.ts";
import type { Model } from "./model.ts";
import type { Registry } from "./registry.ts";

/** What a domain may speak of: a gate's `scope` for callers, all fields for code in a system scope. */
export interface DomainScope {
  readonly registry: Registry;
  /** Names of the fields that may be read on a model; empty when the model itself may not be read. */
  readable(model: Model): ReadonlySet<string>;
  /**
   * `hidden`: archived records do not count, neither of the model itself nor behind an x2many (as when it
   * is read), unless the terms about them name `active`. All count when absent (`active_test: false`).
   */
  readonly archived?: "hidden";
}

/** The terms about one record: whether one of them names `active`. */
export interface Level {
  namesActive: boolean;
}

/** What reading one term needs. */
export interface TermReader {
  readonly scope: DomainScope;
  readonly place: Place;
  readonly level: Level;
  /** Reads a domain about the records behind a relation. */
  subdomain(input: unknown, model: Model, options: DomainOptions): Condition;
}

/** How a domain is read: among other things, whether archived records stay out unless it names `active`. */
export interface DomainOptions {
  readonly scope: DomainScope;
  readonly place: Place;
  readonly hideArchived: boolean;
}

export type TextOperator = "like" | "ilike" | "=like" | "=ilike";
export type TreeOperator = "child_of" | "parent_of";
/** Operators that say something positive; every other is the complement of one of these. */
export type TermOperator = "=" | "<" | "<=" | ">" | ">=" | "in" | "=?" | "any" | TextOperator | TreeOperator;

/** Kinds whose empty text counts as not set. */
export const textKinds: ReadonlySet<FieldKind> = new Set(["text", "longText", "html", "selection"]);

/** Finds a field that the actor may read; `display_name` is the field that names a record. */
export function findField(model: Model, name: string, reader: TermReader): FieldRef {
  const { registry } = reader.scope;
  const readable = reader.scope.readable(model);
  const stored = name === "display_name" ? model.displayName : name;
  const field = readable.has(name) && readable.has(stored) ? registry.field(model, stored) : undefined;
  if (field === undefined) throw unknownField(reader.place, model, name, readable);
  return { model, name: stored, field };
}

/** Goes to the model that a relation leads to; counted, since each costs a subselect. */
export function follow(at: FieldRef, reader: TermReader): Model {
  reader.place.spent.traversals += 1;
  if (reader.place.spent.traversals > domainLimits.traversals)
    throw domainFault(reader.place, `the domain follows more than ${domainLimits.traversals} relations`);
  return reader.scope.registry.model(at.field.target ?? "");
}

/** Whether archived records behind a relation stay out: they do where reading it leaves them out. */
export function hidesArchived(at: FieldRef, { scope }: TermReader): boolean {
  return at.field.kind !== "many2one" && scope.archived === "hidden";
}

/** Some record behind a relation meets the condition. */
export function relatedTo(at: FieldRef, target: Model, condition: Condition, reader: TermReader): Condition {
  const hidden = hidesArchived(at, reader);
  return { kind: "related", at, target, condition: hidden ? withoutArchived(condition, target) : condition };
}

/** An operator that says nothing about a field of this kind, or nothing with this value. */
export function wrongOperator(at: FieldRef, operator: string, reader: TermReader): ExpectedError {
  const problem = `${quote(operator)} with this value does not fit ${quote(at.name)}, which is of kind ${at.field.kind}`;
  return domainFault(reader.place, problem);
}
