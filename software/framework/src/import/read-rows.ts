import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { convertCell } from "./convert-cell.ts";
import { type Found, findReferences, fullExternalName } from "./find-references.ts";
import type { ImportColumn } from "./import-column.ts";

/** One thing that is wrong with a file, and where. */
export interface ImportMessage {
  readonly type: "error" | "warning";
  /** Counted from 1, the row of titles not counted; 0 for the file as a whole. */
  readonly row: number;
  /** The field, as named in the call; empty for the row as a whole. */
  readonly field: string;
  readonly message: string;
}

/** A row that was understood. */
export interface ReadRow {
  /** Counted from 1. */
  readonly row: number;
  /** The record to change; undefined: a new one. */
  readonly id: number | undefined;
  /** What an import calls it from now on. */
  readonly externalId: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  /** Fields that name records of the same model which this very file brings. */
  readonly waitsFor: ReadonlyMap<string, string>;
}

export interface ReadRows {
  readonly rows: readonly ReadRow[];
  readonly messages: readonly ImportMessage[];
}

export interface RowsInput {
  readonly model: Model;
  readonly columns: readonly ImportColumn[];
  /** Cells as text, one list a row. */
  readonly data: readonly (readonly string[])[];
}

type Lookup = ReadonlyMap<string, Found>;

/**
 * Understands all rows: values by the kind of their field, related records by name, in a few queries for the
 * whole file. Nothing is written. A row with any fault is left out and told of.
 */
export async function readRows(env: Environment, input: RowsInput): Promise<ReadRows> {
  const lookups = await lookUp(env, input);
  const records = await recordIds(env, input);
  const own = ownNames(input);
  const messages: ImportMessage[] = [];
  const rows = input.data.flatMap((cells, at) => {
    const read = readRow(input, { cells, row: at + 1, lookups, records, own });
    messages.push(...read.messages);
    return read.messages.length > 0 || read.row === undefined ? [] : [read.row];
  });
  return { rows, messages };
}

async function lookUp(env: Environment, { columns, data }: RowsInput): Promise<Map<number, Lookup>> {
  const lookups = new Map<number, Lookup>();
  for (const [at, column] of columns.entries()) {
    if (column.kind !== "field" || column.field.target === undefined) continue;
    const target = env.registry.model(column.field.target);
    const cells = data.flatMap((row) => namesIn(column, row[at] ?? ""));
    lookups.set(at, await findReferences(env, target, { by: column.by, cells }));
  }
  return lookups;
}

function namesIn(column: ImportColumn, cell: string): string[] {
  if (column.kind === "field" && column.field.kind === "many2many")
    return cell
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  return [cell.trim()];
}

async function recordIds(env: Environment, { model, columns, data }: RowsInput): Promise<Lookup> {
  const at = columns.findIndex((column) => column.kind === "record");
  const column = columns[at];
  if (column?.kind !== "record") return new Map();
  const cells = data.map((row) => (row[at] ?? "").trim()).filter((cell) => cell !== "");
  if (column.by === "id") return findReferences(env, model, { by: "id", cells });
  // What names a hidden record names nothing here, and begins a record of its own.
  const found = await findReferences(env, model, { by: "external", cells });
  return new Map([...found].filter(([, one]) => "id" in one));
}

/** Names that the file's own rows will have, for rows that refer to them. */
function ownNames({ model, columns, data }: RowsInput): ReadonlySet<string> {
  const at = columns.findIndex(
    (column) => column.kind === "field" && (column.name === "name" || column.name === model.displayName),
  );
  return new Set(at < 0 ? [] : data.map((row) => (row[at] ?? "").trim()));
}

interface RowInput {
  readonly cells: readonly string[];
  readonly row: number;
  readonly lookups: ReadonlyMap<number, Lookup>;
  readonly records: Lookup;
  readonly own: ReadonlySet<string>;
}

function readRow(
  { model, columns }: RowsInput,
  input: RowInput,
): { readonly row: ReadRow | undefined; readonly messages: ImportMessage[] } {
  const messages: ImportMessage[] = [];
  const values: Record<string, unknown> = {};
  const waitsFor = new Map<string, string>();
  let id: number | undefined;
  let externalId: string | undefined;
  const wrong = (field: string, message: string) =>
    void messages.push({ type: "error", row: input.row, field, message });
  if (input.cells.every((cell) => cell.trim() === "")) return { row: undefined, messages };
  if (input.cells.length > columns.length)
    wrong("", `The row has ${input.cells.length} cells, the first row ${columns.length}.`);
  for (const [at, column] of columns.entries()) {
    const cell = input.cells[at] ?? "";
    if (column.kind === "ignored") continue;
    if (column.kind === "record") {
      const found = input.records.get(cell.trim());
      if (found !== undefined && "id" in found) id = found.id;
      else if (found !== undefined || (column.by === "id" && cell.trim() !== ""))
        wrong("", found?.fault ?? "There is no such record.");
      else if (cell.trim() !== "") externalId = fullExternalName(cell.trim());
    } else if (column.field.target !== undefined) {
      const names = namesIn(column, cell).filter((name) => name !== "");
      const waits =
        column.field.kind === "many2one" && column.field.target === model.name
          ? names.find((name) => !isFound(input.lookups.get(at)?.get(name)) && input.own.has(name))
          : undefined;
      if (waits !== undefined) waitsFor.set(column.name, waits);
      else
        values[column.name] = reference(column, names, { lookup: input.lookups.get(at) ?? new Map(), wrong });
    } else {
      const converted = convertCell(model, column.name, column.field, cell);
      if ("fault" in converted) wrong(column.name, converted.fault);
      else values[column.name] = converted.value;
    }
  }
  if (id === undefined)
    for (const [name, label] of unsetRequired(model, values, waitsFor))
      wrong(name, `"${label}" is required.`);
  return { row: { row: input.row, id, externalId, values: withoutEmpty(values, id), waitsFor }, messages };
}

/** Required fields that a new record would lack: neither given, nor with a default, nor computed. */
function unsetRequired(
  model: Model,
  values: Readonly<Record<string, unknown>>,
  waitsFor: ReadonlyMap<string, string>,
): (readonly [string, string])[] {
  const computed = new Set((model.computes ?? []).flatMap((compute) => compute.fields));
  return Object.entries(model.fields).flatMap(([name, field]) => {
    const settled =
      !field.required || field.kind === "boolean" || field.default !== undefined || computed.has(name);
    const given = (values[name] ?? null) !== null || waitsFor.has(name);
    return settled || given ? [] : [[name, field.label] as const];
  });
}

function isFound(found: Found | undefined): boolean {
  return found !== undefined && "id" in found;
}

function reference(
  column: Extract<ImportColumn, { kind: "field" }>,
  names: readonly string[],
  { lookup, wrong }: { readonly lookup: Lookup; wrong(field: string, message: string): void },
): unknown {
  const ids = names.flatMap((name) => {
    const found = lookup.get(name);
    if (found !== undefined && "id" in found) return [found.id];
    wrong(column.name, found?.fault ?? `There is nothing called "${name.slice(0, 60)}".`);
    return [];
  });
  return column.field.kind === "many2many" ? [[6, 0, ids]] : (ids[0] ?? null);
}

/** A new record takes its defaults where the file says nothing; a known one is emptied there. */
function withoutEmpty(
  values: Readonly<Record<string, unknown>>,
  id: number | undefined,
): Readonly<Record<string, unknown>> {
  return id === undefined
    ? Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
    : values;
}
