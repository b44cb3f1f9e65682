import { addDecimals } from "../format/decimal.ts";
import type { FieldDescriptions } from "../wire/shapes.ts";
import { encodeValue, type Row, sameValue, type Value, type Values } from "../wire/values.ts";

/** One line of an inline table, saved or not. Never mutated. */
export interface Line {
  /** Stable while the form is open; the key of its row on the screen. */
  readonly key: string;
  /** Null until it is saved. */
  readonly id: number | null;
  readonly base: Values;
  readonly changes: Values;
  /** What the server worked out for the draft: shown, but never sent. */
  readonly computed: Values;
  /** Taken away by the person; still known, so that saving can say so. */
  readonly removed: boolean;
}

/** Most lines drawn and edited in one table. */
export const maxLines = 1000;

/** Lines as the server gave them, in its order. */
export function openLines(rows: readonly Row[]): Line[] {
  return rows.map((row) => ({
    key: `line-${row.id}`,
    id: row.id,
    base: row,
    changes: {},
    computed: {},
    removed: false,
  }));
}

/** Adds an empty line at the end, or after the one with `afterKey`. @param key - unique among the lines. */
export function addLine(
  lines: readonly Line[],
  key: string,
  defaults: Values = {},
  afterKey?: string,
): Line[] {
  const line: Line = { key, id: null, base: defaults, changes: {}, computed: {}, removed: false };
  const index = afterKey === undefined ? -1 : lines.findIndex((known) => known.key === afterKey);
  return index < 0 ? [...lines, line] : lines.toSpliced(index + 1, 0, line);
}

/** Takes a line away: forgets a new one, marks a saved one. */
export function removeLine(lines: readonly Line[], key: string): Line[] {
  return lines.flatMap((line) => {
    if (line.key !== key) return [line];
    return line.id === null ? [] : [{ ...line, removed: true }];
  });
}

/** Sets one value of one line; all other lines stay the same objects, so that their rows need no redraw. */
export function changeLine(lines: readonly Line[], key: string, field: string, value: Value): Line[] {
  return lines.map((line) => {
    if (line.key !== key) return line;
    const { [field]: _previous, ...rest } = line.changes;
    return { ...line, changes: sameValue(line.base[field], value) ? rest : { ...rest, [field]: value } };
  });
}

/** The value shown: what was typed, else what the server worked out, else what was saved. */
export function lineValue(line: Line, field: string): Value {
  const source = [line.changes, line.computed].find((values) => field in values) ?? line.base;
  return source[field] ?? null;
}

/** Lines that are shown. */
export function shownLines(lines: readonly Line[]): Line[] {
  return lines.filter((line) => !line.removed);
}

/** A new line into which nothing was typed: dropped when saving, closed by Enter or Escape. */
export function isBlank(line: Line): boolean {
  return line.id === null && Object.values(line.changes).every((value) => value === null || value === "");
}

/** True when saving would change a line. */
export function linesChanged(lines: readonly Line[]): boolean {
  return lines.some(
    (line) => line.removed || (line.id === null ? !isBlank(line) : Object.keys(line.changes).length > 0),
  );
}

/** The x2many commands that bring the server's lines to what is shown. */
export function lineCommands(
  lines: readonly Line[],
  fields: FieldDescriptions,
): readonly (readonly unknown[])[] {
  return lines.flatMap((line): (readonly unknown[])[] => {
    if (line.removed) return line.id === null ? [] : [[2, line.id, 0]];
    if (line.id === null)
      return isBlank(line) ? [] : [[0, 0, encoded({ ...line.base, ...line.changes }, fields)]];
    return Object.keys(line.changes).length > 0 ? [[1, line.id, encoded(line.changes, fields)]] : [];
  });
}

/** Sum of one column over the lines that are shown, exact. */
export function lineTotal(lines: readonly Line[], field: string): string {
  return addDecimals(shownLines(lines).map((line) => numberText(lineValue(line, field))));
}

/**
 * Takes over what the server computed for a draft (it ran the save and rolled it back). What the person
 * typed stays; saved lines are found by id, new ones by their order, since ids are given in order.
 */
export function withComputed(lines: readonly Line[], computed: readonly Row[]): Line[] {
  const saved = new Map(computed.map((row) => [row.id, row]));
  const known = new Set(lines.map((line) => line.id));
  const fresh = computed.filter((row) => !known.has(row.id)).toSorted((left, right) => left.id - right.id);
  let next = 0;
  return lines.map((line) => {
    if (line.removed || isBlank(line)) return line;
    const row = line.id === null ? fresh[next++] : saved.get(line.id);
    return row ? { ...line, computed: row } : line;
  });
}

function encoded(values: Values, fields: FieldDescriptions): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (field && !field.readonly && field.name !== "id" && field.type !== "one2many")
      result[name] = encodeValue(field, value);
  }
  return result;
}

function numberText(value: Value): string | null {
  return typeof value === "number" || typeof value === "string" ? String(value) : null;
}
