import { always, type Condition, every, type FieldRef, not, type Scalar, some } from "./condition.ts";
import { domainFault, quote } from "./domain-fault.ts";
import { type TermOperator, type TermReader, textKinds, wrongOperator } from "./domain-reader.ts";
import { textTerm } from "./domain-text.ts";
import { treeTerm } from "./domain-tree.ts";
import { dayAfter, isDay, listOf, readScalar } from "./domain-value.ts";

/** A positive term on a field that is no relation. */
export function scalarTerm(
  at: FieldRef,
  operator: TermOperator,
  value: unknown,
  reader: TermReader,
): Condition {
  switch (operator) {
    case "=":
      return Array.isArray(value) ? anyOf(at, value, reader) : equals(at, value, reader);
    case "=?":
      return isUnset(at, value) ? always : scalarTerm(at, "=", value, reader);
    case "in":
      return anyOf(at, listOf(value, reader.place), reader);
    case "like":
    case "ilike":
    case "=like":
    case "=ilike":
      return textTerm(at, operator, value, reader);
    case "child_of":
    case "parent_of":
      if (at.name === "id") return treeTerm(at, operator, value, reader);
      throw wrongOperator(at, operator, reader);
    case "any":
      throw wrongOperator(at, operator, reader);
    default:
      return ordered(at, operator, value, reader);
  }
}

function isUnset(at: FieldRef, value: unknown): boolean {
  return (
    value === null || value === undefined || value === false || (value === "" && textKinds.has(at.field.kind))
  );
}

function equals(at: FieldRef, value: unknown, reader: TermReader): Condition {
  if (at.field.kind === "boolean") return truth(at, value, reader);
  if (isUnset(at, value)) return { kind: "unset", at };
  if (at.field.kind === "datetime" && isDay(value)) return withinDay(at, value, reader);
  return { kind: "compare", at, operator: "=", value: comparable(at, "=", value, reader) };
}

function truth(at: FieldRef, value: unknown, reader: TermReader): Condition {
  if (value === true) return { kind: "isTrue", at };
  if (isUnset(at, value)) return not({ kind: "isTrue", at });
  throw domainFault(reader.place, `${quote(at.name)} is true or false`);
}

function anyOf(at: FieldRef, values: readonly unknown[], reader: TermReader): Condition {
  const kind = at.field.kind;
  const each = kind === "boolean" || (kind === "datetime" && values.some(isDay));
  if (each) return some(distinct(values).map((value) => equals(at, value, reader)));
  const given = values.filter((value) => !isUnset(at, value));
  const found = given.map((value) => comparable(at, "in", value, reader));
  const terms: Condition[] = found.length > 0 ? [{ kind: "in", at, values: distinct(found) }] : [];
  if (given.length < values.length) terms.push({ kind: "unset", at });
  return some(terms);
}

function ordered(
  at: FieldRef,
  operator: "<" | "<=" | ">" | ">=",
  value: unknown,
  reader: TermReader,
): Condition {
  if (at.field.kind === "boolean" || value === null || value === false || value === undefined)
    throw wrongOperator(at, operator, reader);
  if (at.field.kind !== "datetime" || !isDay(value))
    return { kind: "compare", at, operator, value: comparable(at, operator, value, reader) };
  const later = operator === "<=" || operator === ">";
  const moment = comparable(at, operator, later ? dayAfter(value, reader.place) : value, reader);
  return {
    kind: "compare",
    at,
    operator: operator === "<=" ? "<" : operator === ">" ? ">=" : operator,
    value: moment,
  };
}

/** A day asked of a datetime means all of that day, UTC. */
function withinDay(at: FieldRef, day: string | Temporal.PlainDate, reader: TermReader): Condition {
  return every([ordered(at, ">=", day, reader), ordered(at, "<=", day, reader)]);
}

function comparable(at: FieldRef, operator: string, value: unknown, reader: TermReader): Scalar {
  if (at.field.kind === "json") throw wrongOperator(at, operator, reader);
  return readScalar(at, value, reader.place);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
