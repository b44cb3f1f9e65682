import { always, type Condition, type FieldRef, not, some } from "./condition.ts";
import { domainFault, domainLimits } from "./domain-fault.ts";
import {
  findField,
  follow,
  hidesArchived,
  relatedTo,
  type TermOperator,
  type TermReader,
  type TextOperator,
  wrongOperator,
} from "./domain-reader.ts";
import { textTerm } from "./domain-text.ts";
import { recordsAmong, treeTerm } from "./domain-tree.ts";
import { listOf, readInteger } from "./domain-value.ts";

/**
 * A positive term on a relation. Numbers are ids, text searches display names, false asks for none.
 * A many2one answers by its own column; an x2many by the records behind it that the actor may see.
 */
export function relationTerm(
  at: FieldRef,
  operator: TermOperator,
  value: unknown,
  reader: TermReader,
): Condition {
  switch (operator) {
    case "=":
      return oneOf(at, Array.isArray(value) ? value : [value], reader);
    case "=?":
      return isUnset(value) ? always : relationTerm(at, "=", value, reader);
    case "in":
      return oneOf(at, listOf(value, reader.place), reader);
    case "like":
    case "ilike":
    case "=like":
    case "=ilike":
      return named(at, operator, value, reader);
    case "child_of":
    case "parent_of":
      return treeTerm(at, operator, value, reader);
    case "any":
      return anyRelated(at, value, reader);
    default:
      throw wrongOperator(at, operator, reader);
  }
}

function oneOf(at: FieldRef, values: readonly unknown[], reader: TermReader): Condition {
  const given = values.filter((value) => !isUnset(value));
  const terms: Condition[] = given.length > 0 ? [among(at, given, reader)] : [];
  if (given.length < values.length) terms.push(none(at, reader));
  return some(terms);
}

/** Ids on a many2one are its own column's: they match as they stand, whether or not their record may be seen. */
function among(at: FieldRef, values: readonly unknown[], reader: TermReader): Condition {
  if (at.field.kind !== "many2one") return behind(at, values, reader);
  const ids = values
    .filter((value) => typeof value !== "string")
    .map((value) => readInteger(value, reader.place));
  const names = values.filter((value) => typeof value === "string");
  const terms: Condition[] = ids.length > 0 ? [{ kind: "in", at, values: [...new Set(ids)] }] : [];
  if (names.length > 0) terms.push(behind(at, names, reader));
  return some(terms);
}

function behind(at: FieldRef, values: readonly unknown[], reader: TermReader): Condition {
  const target = follow(at, reader);
  return relatedTo(at, target, recordsAmong(target, values, "=like", reader), reader);
}

function named(at: FieldRef, operator: TextOperator, value: unknown, reader: TermReader): Condition {
  if (isUnset(value)) return operator.startsWith("=") ? none(at, reader) : not(none(at, reader));
  const target = follow(at, reader);
  const name = findField(target, "display_name", reader);
  return relatedTo(at, target, textTerm(name, operator, value, reader), reader);
}

function anyRelated(at: FieldRef, value: unknown, reader: TermReader): Condition {
  const target = follow(at, reader);
  const { place } = reader;
  if (place.nesting >= domainLimits.nesting)
    throw domainFault(place, `subdomains are nested more than ${domainLimits.nesting} deep`);
  const inner = { ...place, path: `${place.path}[2]`, nesting: place.nesting + 1 };
  const options = { scope: reader.scope, place: inner, hideArchived: hidesArchived(at, reader) };
  return { kind: "related", at, target, condition: reader.subdomain(value, target, options) };
}

function none(at: FieldRef, reader: TermReader): Condition {
  if (at.field.kind === "many2one") return { kind: "unset", at };
  return not(relatedTo(at, follow(at, reader), always, reader));
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === "";
}
