import type { FieldRef, Scalar } from "./condition.ts";
import { domainFault, domainLimits, type Place, quote } from "./domain-fault.ts";

const maxInteger = 2_147_483_647;
const decimalText = /^[+-]?\d{1,100}(\.\d{1,100})?$/;
const dayText = /^\d{4}-\d{2}-\d{2}$/;
const momentText = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?$/;

/** @returns the value as its column takes it. @throws `invalid` when it is none of the field's kind. */
export function readScalar(at: FieldRef, value: unknown, place: Place): Scalar {
  switch (at.field.kind) {
    case "integer":
    case "many2one":
      return readInteger(value, place);
    case "decimal":
    case "money":
      return readDecimal(value, place);
    case "date":
      return readDay(value, place);
    case "datetime":
      return readMoment(value, place);
    default:
      return readText(value, place);
  }
}

/** A whole number of 32 bits, as ids are. */
export function readInteger(value: unknown, place: Place): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrong("a whole number", value, place);
  if (Math.abs(value) > maxInteger) throw domainFault(place, `${value} is beyond 32 bits`);
  return value;
}

/** Text that the database can hold. */
export function readText(value: unknown, place: Place): string {
  if (typeof value !== "string") throw wrong("a text", value, place);
  if (Buffer.byteLength(value) > domainLimits.textBytes)
    throw domainFault(place, `a text has at most ${domainLimits.textBytes} bytes`);
  if (value.includes("\0") || !value.isWellFormed())
    throw domainFault(place, "a text holds no NUL and no half of a surrogate pair");
  return value;
}

export function listOf(value: unknown, place: Place): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong("a list", value, place);
  if (value.length > domainLimits.listValues)
    throw domainFault(place, `a list has at most ${domainLimits.listValues} values`);
  return value;
}

/** Whether a value names a day and no moment in it. */
export function isDay(value: unknown): value is string | Temporal.PlainDate {
  return value instanceof Temporal.PlainDate || (typeof value === "string" && dayText.test(value));
}

export function dayAfter(day: string | Temporal.PlainDate, place: Place): string {
  return Temporal.PlainDate.from(readDay(day, place)).add({ days: 1 }).toString();
}

function readDecimal(value: unknown, place: Place): string {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "string" && decimalText.test(value)) return value;
  throw wrong("a number", value, place);
}

function readDay(value: unknown, place: Place): string {
  if (value instanceof Temporal.PlainDate) return value.toString();
  const day = isDay(value) ? attempt(() => Temporal.PlainDate.from(value)) : undefined;
  if (day === undefined || day.year < 1) throw wrong("a date (YYYY-MM-DD)", value, place);
  return day.toString();
}

function readMoment(value: unknown, place: Place): string {
  if (isDay(value)) return `${readDay(value, place)}T00:00:00Z`;
  const moment = value instanceof Temporal.Instant ? value : parseMoment(value);
  if (moment === undefined) throw wrong("a moment in UTC (YYYY-MM-DD HH:MM:SS)", value, place);
  return moment.toString({ smallestUnit: "microsecond" });
}

function parseMoment(value: unknown): Temporal.Instant | undefined {
  const parts = typeof value === "string" ? momentText.exec(value) : null;
  if (parts === null || parts[1] === undefined || parts[1] < "0001") return undefined;
  return attempt(() => Temporal.Instant.from(`${parts[1]}T${parts[2]}${parts[3] ?? "Z"}`));
}

/** Temporal throws on the 30th of February; here that is a value to branch on. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function wrong(wanted: string, value: unknown, place: Place) {
  const found =
    typeof value === "string"
      ? quote(value)
      : Array.isArray(value)
        ? "a list"
        : typeof value === "number"
          ? String(value)
          : typeof value;
  return domainFault(place, `${wanted} is wanted, not ${found}`);
}
