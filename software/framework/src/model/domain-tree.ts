import { type Condition, type FieldRef, never, some } from "./condition.ts";
import { findField, follow, relatedTo, type TermReader, type TreeOperator } from "./domain-reader.ts";
import { textTerm } from "./domain-text.ts";
import { listOf, readInteger, readText } from "./domain-value.ts";
import type { Model } from "./model.ts";

/**
 * `child_of` and `parent_of`: on `id` or on a relation, along the target's `parent_id`. On a many2one that
 * points to its own model the walk follows that very field and asks about the record itself. Where there is
 * no hierarchy (or not one that the actor may read) a tree is its root alone. The roots are counted in.
 */
export function treeTerm(
  at: FieldRef,
  operator: TreeOperator,
  value: unknown,
  reader: TermReader,
): Condition {
  const direction = operator === "child_of" ? "down" : "up";
  const own = at.field.kind === "many2one" && at.field.target === at.model.name;
  if (at.name === "id" || own)
    return tree(at.model, own ? at : parentOf(at.model, reader), direction, value, reader);
  const target = follow(at, reader);
  return relatedTo(at, target, tree(target, parentOf(target, reader), direction, value, reader), reader);
}

function tree(
  model: Model,
  parent: FieldRef | undefined,
  direction: "down" | "up",
  value: unknown,
  reader: TermReader,
): Condition {
  if (value === false || value === null || value === undefined) return never;
  const values =
    typeof value === "number" || typeof value === "string" ? [value] : listOf(value, reader.place);
  const roots = recordsAmong(model, values, "ilike", reader);
  return parent === undefined || roots.kind === "constant"
    ? roots
    : { kind: "tree", direction, parent, roots };
}

function parentOf(model: Model, reader: TermReader): FieldRef | undefined {
  const field = reader.scope.readable(model).has("parent_id")
    ? reader.scope.registry.field(model, "parent_id")
    : undefined;
  if (field?.kind !== "many2one" || field.target !== model.name) return undefined;
  return { model, name: "parent_id", field };
}

/** Records of `model` whose ids or names are among `values`. */
export function recordsAmong(
  model: Model,
  values: readonly unknown[],
  operator: "=like" | "ilike",
  reader: TermReader,
): Condition {
  const ids = values
    .filter((value) => typeof value !== "string")
    .map((value) => readInteger(value, reader.place));
  const names = values.filter((value) => typeof value === "string");
  const terms: Condition[] = [];
  if (ids.length > 0)
    terms.push({ kind: "in", at: findField(model, "id", reader), values: [...new Set(ids)] });
  if (names.length > 0)
    terms.push(namesAmong(findField(model, "display_name", reader), names, operator, reader));
  return some(terms);
}

function namesAmong(
  at: FieldRef,
  names: readonly string[],
  operator: "=like" | "ilike",
  reader: TermReader,
): Condition {
  if (operator === "ilike") return some(names.map((name) => textTerm(at, "ilike", name, reader)));
  return { kind: "in", at, values: names.map((name) => readText(name, reader.place)) };
}
