import type { TextField } from "./environment.ts";
import type { FieldKind } from "./field.ts";

/**
 * A value of PostgreSQL's text as code of ours reads it.
 *
 * @param beside - the next column: the name of a many2one's record.
 */
export function typedCell(kind: FieldKind, text: string, beside: unknown): unknown {
  return typed[kind](text, beside);
}

/**
 * A value worked out on reading, as PostgreSQL would have written it; null is "not set".
 *
 * @param at - where the columns of what it is worked out from begin.
 */
export function computedText({ field, from = [] }: TextField, cells: readonly unknown[], at: number) {
  const values: Record<string, unknown> = {};
  let next = at;
  for (const one of from) {
    const text = (cells[next] ?? null) as string | null;
    values[one.name] = text === null ? null : typedCell(one.field.kind, text, cells[next + 1]);
    next += one.columns;
  }
  const value = field.computed?.value(values as never) ?? null;
  if (value === null) return null;
  return typeof value === "boolean" ? (value ? "t" : "f") : String(value);
}

const asItIs = (text: string) => text;
const ids = (text: string) => JSON.parse(`[${text.slice(1, -1)}]`);
const typed: Readonly<Record<FieldKind, (text: string, beside: unknown) => unknown>> = {
  text: asItIs,
  longText: asItIs,
  html: asItIs,
  selection: asItIs,
  decimal: asItIs,
  money: asItIs,
  integer: Number,
  boolean: (text) => text === "t",
  date: (text) => Temporal.PlainDate.from(text),
  datetime: (text) => Temporal.Instant.from(text),
  json: (text) => JSON.parse(text),
  many2one: (text, name) => ({ id: Number(text), displayName: name ?? "" }),
  reference: (text, name) => ({
    model: text.split(",")[0],
    id: Number(text.split(",")[1]),
    displayName: name ?? "",
  }),
  one2many: ids,
  many2many: ids,
};
