import { ExpectedError } from "@holdfast/kernel/errors";
import { Decimal } from "./decimal.ts";
import type { Field } from "./field.ts";
import { didYouMean } from "./nearest.ts";
import { readReference } from "./record-reference.ts";
import { sanitizeHtml } from "./sanitize-html.ts";

/** A value as a parameter of a statement. */
export type ColumnValue = string | number | boolean | null;

/** Largest JSON value, in characters, and how deep it may nest. */
export const maxJsonCharacters = 1_048_576;
export const maxJsonDepth = 32;
const wholeDigits = 18;
const maxInteger = 2 ** 31 - 1;
const maxQuoted = 60;

/** Where a value is meant to go, for messages. */
export interface FieldPlace {
  readonly model: { readonly name?: string; readonly label: string };
  readonly name: string;
  readonly field: Field;
}

/**
 * Checks a value and brings it into the form that its column takes. Unset (null, undefined, `false` of the
 * remote API, empty text) becomes null, except that a boolean becomes false.
 *
 * Numbers with too many digits after the point are rounded, the middle away from zero (amounts when they are stored);
 * nothing passes through floating point.
 *
 * @throws `invalid` that names the field and quotes the value.
 */
export function columnValue(place: FieldPlace, value: unknown): ColumnValue {
  const { kind } = place.field;
  if (kind === "boolean") return booleanValue(place, value);
  if (value === null || value === undefined) return null;
  if (kind === "json") return jsonValue(place, value);
  if (value === false || value === "") return null;
  return readers[kind]?.(place, value) ?? refuse(place, value, "a value of its own");
}

type Reader = (place: FieldPlace, value: unknown) => ColumnValue;

const readers: Readonly<Partial<Record<Field["kind"], Reader>>> = {
  text: textValue,
  longText: textValue,
  html: (place, value) => sanitizeHtml(textValue(place, value)),
  integer: integerValue,
  decimal: decimalValue,
  money: decimalValue,
  date: dateValue,
  datetime: datetimeValue,
  selection: selectionValue,
  many2one: referenceValue,
  reference: recordValue,
};

function booleanValue(place: FieldPlace, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  return typeof value === "boolean" ? value : refuse(place, value, "true or false");
}

function textValue(place: FieldPlace, value: unknown): string {
  if (typeof value !== "string") return refuse(place, value, "a text");
  if (value.includes("\0") || !value.isWellFormed())
    return refuse(place, value, "a text without broken characters");
  const most = place.field.maxLength ?? 256;
  if (value.length > most && [...value].length > most)
    return refuse(place, value, `at most ${most} characters`);
  return value;
}

function integerValue(place: FieldPlace, value: unknown): number {
  const number = typeof value === "string" && /^[+-]?\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) return refuse(place, value, "a whole number");
  if (Math.abs(number) > maxInteger) return refuse(place, value, `a number of at most ${maxInteger}`);
  return number === 0 ? 0 : number;
}

function decimalValue(place: FieldPlace, value: unknown): string {
  const text =
    typeof value === "number" ? plainDigits(value) : value instanceof Decimal ? value.toString() : value;
  const parsed = typeof text === "string" ? Decimal.parse(text) : undefined;
  if (parsed === undefined) return refuse(place, value, "a number such as 12.50");
  // Of an amount the statement that stores it knows the currency, and rounds once.
  const isMoney = place.field.kind === "money";
  const rounded = (isMoney ? parsed : parsed.round(place.field.scale ?? 2, "half-up")).toString();
  if (rounded.replace(/^-|\..*$/g, "").length > wholeDigits)
    return refuse(place, value, `a number with at most ${wholeDigits} digits before the point`);
  return rounded;
}

/** The shortest digits that a JSON number stands for, without an exponent. */
function plainDigits(value: number): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(exponent);
  if (whole === "" || Math.abs(shift) > maxQuoted) return Math.abs(value) < 1 ? "0" : "";
  const digits = `${"0".repeat(Math.max(0, -shift))}${whole}${fraction}${"0".repeat(Math.max(0, shift))}`;
  const point = Math.max(0, -shift) + whole.length + shift;
  return `${sign}${digits.slice(0, point) || "0"}.${digits.slice(point) || "0"}`;
}

function dateValue(place: FieldPlace, value: unknown): string {
  if (value instanceof Temporal.PlainDate) return inCalendar(place, value.withCalendar("iso8601"));
  const wanted = "a day such as 2026-11-22";
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return refuse(place, value, wanted);
  return inCalendar(place, attempt(() => Temporal.PlainDate.from(value)) ?? refuse(place, value, wanted));
}

function inCalendar(place: FieldPlace, day: Temporal.PlainDate): string {
  return day.year >= 1 && day.year <= 9999
    ? day.toString()
    : refuse(place, day.toString(), "a day of the years 1 to 9999");
}

const moment = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/;

function datetimeValue(place: FieldPlace, value: unknown): string {
  const wanted = "a moment such as 2026-11-22 14:30:00";
  const [, day = "", time = "", zone = "Z"] = typeof value === "string" ? (moment.exec(value) ?? []) : [];
  const instant =
    value instanceof Temporal.Instant ? value : attempt(() => Temporal.Instant.from(`${day}T${time}${zone}`));
  if (instant === undefined) return refuse(place, value, wanted);
  const text = instant.round({ smallestUnit: "microsecond", roundingMode: "floor" }).toString();
  return /^\d{4}-/.test(text) && !text.startsWith("0000")
    ? text
    : refuse(place, value, "a moment of the years 1 to 9999");
}

function selectionValue(place: FieldPlace, value: unknown): string {
  const options = (place.field.options ?? []).map(([option]) => option);
  if (typeof value === "string" && options.includes(value)) return value;
  const near = typeof value === "string" ? didYouMean(value, options) : "";
  return refuse(place, value, `one of ${options.map((option) => `"${option}"`).join(", ")}${near}`);
}

function referenceValue(place: FieldPlace, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= maxInteger) return value;
  return refuse(place, value, "the number of a record");
}

/** `res.partner,7`, or the same as reads give it. */
function recordValue(place: FieldPlace, value: unknown): string {
  const text =
    typeof value === "object" && value !== null && "model" in value && "id" in value
      ? `${value.model},${value.id}`
      : value;
  const found = readReference(place.field, text);
  if (found !== undefined) return `${found.model},${found.id}`;
  const models = (place.field.targets ?? []).join(", ");
  return refuse(place, value, `a record such as "${place.field.targets?.[0] ?? ""},7" of ${models}`);
}

function jsonValue(place: FieldPlace, value: unknown): string {
  if (!isPlainJson(value, maxJsonDepth))
    return refuse(place, "…", `JSON at most ${maxJsonDepth} levels deep, without broken characters`);
  const text = JSON.stringify(value);
  return text.length <= maxJsonCharacters
    ? text
    : refuse(place, "…", `at most ${maxJsonCharacters} characters of JSON`);
}

function isPlainJson(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (typeof value === "string") return isStorable(value);
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth - 1));
  return Object.entries(value).every(([key, item]) => isStorable(key) && isPlainJson(item, depth - 1));
}

/** PostgreSQL holds neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function refuse({ model, name, field }: FieldPlace, value: unknown, wanted: string): never {
  const found = field.secret ? "the value" : quoted(value);
  throw new ExpectedError(
    "invalid",
    `"${field.label}" of "${model.label}" cannot be ${found}: wanted ${wanted}.`,
    { about: { model: model.name, fields: [name] } },
  );
}

/** A value as people read it, cut to a line. */
function quoted(value: unknown): string {
  const text =
    typeof value === "string"
      ? value
      : Array.isArray(value)
        ? "a list"
        : typeof value === "object"
          ? "an object"
          : String(value);
  const shown = text.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, "?");
  const cut = shown.length > maxQuoted ? `${shown.slice(0, maxQuoted)}…` : shown;
  return typeof value === "string" ? `"${cut}"` : cut;
}
