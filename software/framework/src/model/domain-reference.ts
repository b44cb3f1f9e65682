import { always, type Condition, type FieldRef, never, not, some } from "./condition.ts";
import { domainFault, quote } from "./domain-fault.ts";
import {
  follow,
  type TermOperator,
  type TermReader,
  type TextOperator,
  wrongOperator,
} from "./domain-reader.ts";
import { textTerm } from "./domain-text.ts";
import { listOf, readText } from "./domain-value.ts";
import type { Model } from "./model.ts";
import { readReference } from "./record-reference.ts";

/**
 * A positive term on a reference to records of several models: `res.partner,7` asks for that record, text searches
 * display names, false asks for none. A record that the actor may not see is none.
 */
export function referenceTerm(
  at: FieldRef,
  operator: TermOperator,
  value: unknown,
  reader: TermReader,
): Condition {
  switch (operator) {
    case "=":
      return oneOf(at, Array.isArray(value) ? value : [value], reader);
    case "=?":
      return isUnset(value) ? always : oneOf(at, [value], reader);
    case "in":
      return oneOf(at, listOf(value, reader.place), reader);
    case "like":
    case "ilike":
    case "=like":
    case "=ilike":
      return named(at, operator, value, reader);
    default:
      throw wrongOperator(at, operator, reader);
  }
}

function oneOf(at: FieldRef, values: readonly unknown[], reader: TermReader): Condition {
  const given = values.filter((value) => !isUnset(value));
  const wanted = given.map(
    (value) => readReference(at.field, readText(value, reader.place)) ?? wrong(value, reader),
  );
  const byModel = Map.groupBy(wanted, ({ model }) => model);
  const terms = [...byModel].map(([name, those]) => {
    const target = visible(at, name, reader);
    if (target === undefined) return never;
    const id = {
      model: target,
      name: "id",
      field: reader.scope.registry.field(target, "id") as FieldRef["field"],
    };
    return behind(at, target, { kind: "in", at: id, values: [...new Set(those.map((one) => one.id))] });
  });
  if (given.length < values.length) terms.push(none(at, reader));
  return some(terms);
}

function named(at: FieldRef, operator: TextOperator, value: unknown, reader: TermReader): Condition {
  if (isUnset(value)) return operator.startsWith("=") ? none(at, reader) : not(none(at, reader));
  return some(
    (at.field.targets ?? []).map((name) => {
      const target = visible(at, name, reader);
      const field = target?.fields[target.displayName];
      if (target === undefined || field === undefined) return never;
      if (!reader.scope.readable(target).has(target.displayName)) return never;
      return behind(
        at,
        target,
        textTerm({ model: target, name: target.displayName, field }, operator, value, reader),
      );
    }),
  );
}

function none(at: FieldRef, reader: TermReader): Condition {
  const targets = (at.field.targets ?? []).flatMap((name) => visible(at, name, reader) ?? []);
  return not(some(targets.map((target) => behind(at, target, always))));
}

/** A model that may not be read has no records, whatever the field holds. */
function visible(at: FieldRef, name: string, reader: TermReader): Model | undefined {
  const target = reader.scope.registry.model(name);
  if (reader.scope.readable(target).size === 0) return undefined;
  follow({ ...at, field: { ...at.field, target: name } }, reader);
  return target;
}

function behind(at: FieldRef, target: Model, condition: Condition): Condition {
  return { kind: "related", at, target, condition };
}

function wrong(value: unknown, reader: TermReader): never {
  throw domainFault(reader.place, `a record such as "res.partner,7" is wanted, not ${quote(String(value))}`);
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === "";
}
