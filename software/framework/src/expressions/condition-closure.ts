import { AssertionFailed, assert } from "@holdfast/kernel/assert";
import { type Condition, type FieldRef, isActorValue, type Scalar } from "../model/condition.ts";

/**
 * A record as a closure reads it: own properties only, many2one as the record behind it or null, x2many as
 * a list of such records. Decimals, days and moments are text, as in a {@link Condition}.
 */
export type NestedRecord = Readonly<Record<string, unknown>>;

/**
 * Turns a bound condition into a function, for records that are in memory already. Null is treated as in
 * SQL: a comparison with what is not set is false, and `not` is its complement.
 *
 * Texts compare by code point. Patterns and trees are asked of the database alone: they fail an
 * assertion here, and so does an actor's value that was not bound.
 */
export function conditionClosure(condition: Condition): (record: NestedRecord) => boolean {
  switch (condition.kind) {
    case "constant":
      return () => condition.value;
    case "every": {
      const terms = condition.terms.map(conditionClosure);
      return (record) => terms.every((term) => term(record));
    }
    case "some": {
      const terms = condition.terms.map(conditionClosure);
      return (record) => terms.some((term) => term(record));
    }
    case "not": {
      const term = conditionClosure(condition.term);
      return (record) => !term(record);
    }
    case "unset":
      return (record) => isUnset(stored(record, condition.at));
    case "isTrue":
      return (record) => stored(record, condition.at) === true;
    case "compare":
      return comparison(condition);
    case "in":
      return membership(condition);
    case "related":
      return relation(condition);
    default:
      throw new AssertionFailed(`does not hold: a "${condition.kind}" is asked in memory`);
  }
}

function comparison({ at, operator, value }: Extract<Condition, { kind: "compare" }>) {
  assert(!isActorValue(value), "an actor's values are bound before a condition is asked");
  return (record: NestedRecord): boolean => {
    const found = idOf(stored(record, at));
    if (found === null) return false;
    const difference = order(at, found, value);
    if (operator === "=") return difference === 0;
    if (difference === 0) return operator.endsWith("=");
    return operator.startsWith("<") === difference < 0;
  };
}

function membership({ at, values }: Extract<Condition, { kind: "in" }>) {
  assert(!isActorValue(values), "an actor's values are bound before a condition is asked");
  return (record: NestedRecord): boolean => {
    const found = idOf(stored(record, at));
    return found !== null && values.some((value) => order(at, found, value) === 0);
  };
}

function relation({ at, condition }: Extract<Condition, { kind: "related" }>) {
  const holds = conditionClosure(condition);
  return (record: NestedRecord): boolean => {
    const value = stored(record, at);
    const others = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    return others.some((other) => isRecord(other) && holds(other));
  };
}

function stored(record: NestedRecord, at: FieldRef): unknown {
  return Object.hasOwn(record, at.name) ? record[at.name] : null;
}

/** A many2one compares by the id of its record. */
function idOf(value: unknown): Scalar | null {
  const plain = isRecord(value) ? (Object.hasOwn(value, "id") ? value["id"] : null) : value;
  return typeof plain === "string" || typeof plain === "number" ? plain : null;
}

function isRecord(value: unknown): value is NestedRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

function order(at: FieldRef, found: Scalar, value: Scalar): number {
  switch (at.field.kind) {
    case "integer":
    case "many2one":
      return Number(found) - Number(value);
    case "decimal":
    case "money":
      return compareDecimals(String(found), String(value));
    case "datetime":
      return Temporal.Instant.compare(
        Temporal.Instant.from(String(found)),
        Temporal.Instant.from(String(value)),
      );
    default:
      return Buffer.compare(Buffer.from(String(found)), Buffer.from(String(value)));
  }
}

/** Exact: as whole numbers of the same number of places. */
function compareDecimals(a: string, b: string): number {
  const places = Math.max(placesOf(a), placesOf(b));
  const difference = scaled(a, places) - scaled(b, places);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function placesOf(digits: string): number {
  return digits.split(".")[1]?.length ?? 0;
}

function scaled(digits: string, places: number): bigint {
  return BigInt(digits.replace("+", "").replace(".", "") + "0".repeat(places - placesOf(digits)));
}
