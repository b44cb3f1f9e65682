import { ExpectedError } from "@holdfast/kernel/errors";
import type { TextField } from "../environment.ts";
import type { FieldKind } from "../field.ts";
import type { NestedField, NestedLevel, NestedTexts } from "../selection.ts";

/** The columns of a row. */
export type Cells = readonly unknown[];
/** Writes a value that is set. */
export type WriteCell = (field: TextField, text: string, cells: Cells, at: number) => unknown;

/** How values are written. */
export interface CellStyle {
  readonly write: WriteCell;
  /** What stands for "not set". */
  readonly unset: null | false;
}

/** Rows, and the rows in them. @throws `too_large` when a collection has more than are given without a limit. */
export function nestedRows({ level, tuples }: NestedTexts, style: CellStyle): Record<string, unknown>[] {
  return tuples.map((tuple) => rowOf(level, tuple, style));
}

function rowOf({ shape }: NestedLevel, cells: Cells, style: CellStyle): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 0;
  for (const field of shape) {
    const cell = cells[at] ?? null;
    row[field.name] =
      field.level !== undefined
        ? inside(field.level, field, cell, style)
        : cell === null
          ? style.unset
          : style.write(field, cell as string, cells, at);
    at += field.columns;
  }
  return row;
}

/** Of the outermost level the column is text, further in JSON already. */
function inside(
  level: NestedLevel,
  { field, most = Infinity }: NestedField,
  cell: unknown,
  style: CellStyle,
) {
  const found = typeof cell === "string" ? JSON.parse(cell) : cell;
  if (field.kind === "many2one")
    return found === null ? style.unset : rowOf(level, Object.values(found), style);
  const rows: object[] = found ?? [];
  if (rows.length > most)
    throw new ExpectedError(
      "too_large",
      `A record has more than ${most} of "${level.label}" in "${field.label}".`,
      {
        hint: "Give a limit for them.",
      },
    );
  return rows.map((row) => rowOf(level, Object.values(row), style));
}

/** Values as code of ours reads them. */
export const typedCells: CellStyle = {
  unset: null,
  write: ({ field }, text, cells, at) => typed[field.kind](text, cells[at + 1]),
};

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
