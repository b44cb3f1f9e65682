import type { TextField, TextRows } from "../model/environment.ts";
import type { FieldKind } from "../model/field.ts";
import { computedText } from "../model/typed-cell.ts";
import { type ReferenceStyle, RemoteDouble } from "./remote-value.ts";

type Tuple = TextRows["tuples"][number];
type Write = (text: string, tuple: Tuple, at: number) => unknown;

/**
 * Rows straight from PostgreSQL's text into what the remote API sends: the same as `remoteRow` gives for records,
 * without their being made in between (measured for 80 rows of 8 fields: 0.1 ms against 0.75).
 */
export function remoteRows({ shape, tuples }: TextRows, style: ReferenceStyle): Record<string, unknown>[] {
  const columns = placed(shape, style);
  return tuples.map((tuple) => {
    const row: Record<string, unknown> = {};
    for (const { name, at, write, computed } of columns) {
      const text = computed === undefined ? (tuple[at] as string | null) : computedText(computed, tuple, at);
      row[name] = text === null ? false : write(text, tuple, at);
    }
    return row;
  });
}

/** One value of a nested row, where a many2one is its bare id. */
export function writeText({ field }: TextField, text: string): unknown {
  return field.kind === "many2one" ? Number(text) : writers[field.kind](text, [], 0);
}

interface PlacedColumn {
  readonly name: string;
  readonly at: number;
  readonly write: Write;
  /** Worked out from the columns at its place. */
  readonly computed?: TextField;
}

function placed(shape: readonly TextField[], style: ReferenceStyle): PlacedColumn[] {
  let next = 0;
  return shape.map((one) => {
    const { name, field, columns } = one;
    const at = next;
    next += columns;
    const write = field.kind === "many2one" && style === "bare" ? whole : writers[field.kind];
    return { name, at, write, ...(one.from && { computed: one }) };
  });
}

const asItIs: Write = (text) => text;
const whole: Write = (text) => Number(text);
const exact: Write = (text) => new RemoteDouble(Number(text));
/** PostgreSQL writes `{1,2}`; the database's own list of ids holds nothing but digits. */
const ids: Write = (text) => JSON.parse(`[${text.slice(1, -1)}]`);

/** The session writes dates and moments as ISO and in UTC: `2026-11-22 05:00:00.123456+00`. */
const secondsEnd = 19;
const writers: Readonly<Record<FieldKind, Write>> = {
  text: asItIs,
  longText: asItIs,
  html: asItIs,
  selection: asItIs,
  date: asItIs,
  integer: whole,
  decimal: exact,
  money: exact,
  boolean: (text) => text === "t",
  datetime: (text) => text.slice(0, secondsEnd),
  many2one: (text, tuple, at) => [Number(text), tuple[at + 1] ?? ""],
  reference: asItIs,
  one2many: ids,
  many2many: ids,
  json: (text) => JSON.parse(text) ?? false,
};
