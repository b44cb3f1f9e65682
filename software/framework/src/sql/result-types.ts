import { assert } from "@holdfast/kernel/assert";
import pg from "pg";

const oid = { int8: 20, json: 114, date: 1082, timestamptz: 1184, numeric: 1700, jsonb: 3802 } as const;

type Parser = (text: string) => unknown;

const parsers = new Map<number, Parser>([
  [oid.int8, wholeNumber],
  [oid.numeric, (text) => text],
  [oid.date, (text) => Temporal.PlainDate.from(text)],
  [oid.timestamptz, (text) => Temporal.Instant.from(text)],
  [oid.json, (text) => JSON.parse(text)],
  [oid.jsonb, (text) => JSON.parse(text)],
]);

/**
 * How columns become values: exact numbers stay text (a float would lose cents), days and moments become
 * Temporal values, counts become numbers.
 */
export const resultTypes: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: "text" | "binary") =>
    (format !== "binary" && parsers.get(id)) ||
    pg.types.getTypeParser(id, format as "text")) as typeof pg.types.getTypeParser,
};

function wholeNumber(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), "a count fits into a number");
  return value;
}
