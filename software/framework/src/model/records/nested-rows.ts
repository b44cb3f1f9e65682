import { ExpectedError } from "@holdfast/kernel/errors";
import type { TextField } from "../environment.ts";
import type { NestedField, NestedLevel, NestedTexts } from "../selection.ts";
import { computedText, typedCell } from "../typed-cell.ts";

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
    const cell = field.from === undefined ? (cells[at] ?? null) : computedText(field, cells, at);
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
  write: ({ field }, text, cells, at) => typedCell(field.kind, text, cells[at + 1]),
};
