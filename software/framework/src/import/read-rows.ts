import type { Environment } from "../model/environment.ts";
import { type LanguageCode, languageOf } from "../model/languages.ts";
import type { Model } from "../model/model.ts";
import { convertCell } from "./convert-cell.ts";
import {
  type Found,
  findReferences,
  fullExternalName,
  type LooseBudget,
  maxLooseSearches,
} from "./find-references.ts";
import type { ImportColumn } from "./import-column.ts";
import type { OwnNames } from "./own-names.ts";
import { RowTexts } from "./row-texts.ts";

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

export interface ReaderInput {
  readonly model: Model;
  readonly columns: readonly ImportColumn[];
  readonly own: OwnNames;
}

/** A row of the file. */
export interface NumberedRow {
  /** Counted from 1. */
  readonly row: number;
  readonly cells: readonly string[];
}

type Lookup = ReadonlyMap<string, Found>;

/** Most names of one column that are remembered from batch to batch. */
const maxRemembered = 10_000;

/**
 * Understands rows batch by batch: values by the kind of their field, related records by name, in a few queries a
 * batch. Nothing is written. Kept for one import; what it remembers does not grow with the file.
 */
export class RowReader {
  readonly #input: ReaderInput;
  readonly #remembered = new Map<number, Map<string, Found>>();
  /** Of each column that names records. */
  readonly #budgets = new Map<number, LooseBudget>();
  /** Records from here on are the import's own: names in the file mean what was there before it. */
  below: number | undefined;

  constructor(input: ReaderInput) {
    this.#input = input;
  }

  /** Rows with any fault are left out and told of; empty ones are left out. */
  async read(env: Environment, batch: readonly NumberedRow[]): Promise<ReadRows> {
    const lookups = await this.#lookUp(env, batch);
    const records = await this.#recordIds(env, batch);
    const messages: ImportMessage[] = [];
    const language = languageOf(env.actor.language);
    const rows = batch.flatMap(({ row, cells }) => {
      const read = readRow(this.#input, { cells, row, lookups, records, language });
      messages.push(...read.messages);
      return read.messages.length > 0 || read.row === undefined ? [] : [read.row];
    });
    return { rows, messages };
  }

  /** What names of the file's own rows stand for by now. */
  waited(env: Environment, cells: readonly string[]): Promise<Map<string, Found>> {
    const budget = this.#budgetOf(-1);
    return findReferences(env, this.#input.model, { by: "name", cells, budget });
  }

  async #lookUp(env: Environment, batch: readonly NumberedRow[]): Promise<Map<number, Lookup>> {
    const lookups = new Map<number, Lookup>();
    for (const [at, column] of this.#input.columns.entries()) {
      if (column.kind !== "field" || column.field.target === undefined) continue;
      const cells = batch.flatMap(({ cells }) => namesIn(column, cells[at] ?? ""));
      lookups.set(at, await this.#find(env, { at, column, cells }));
    }
    return lookups;
  }

  async #find(
    env: Environment,
    { at, column, cells }: { readonly at: number; readonly column: FieldColumn; readonly cells: string[] },
  ): Promise<Lookup> {
    const target = env.registry.model(column.field.target ?? "");
    const known = this.#remembered.get(at) ?? new Map<string, Found>();
    this.#remembered.set(at, known);
    const left = [...new Set(cells)].filter((name) => !known.has(name));
    if (known.size + left.length > maxRemembered) known.clear();
    const below = target.name === this.#input.model.name ? this.below : undefined;
    const wanted = known.size === 0 ? cells : left;
    const found = await findReferences(env, target, {
      by: column.by,
      cells: wanted,
      budget: this.#budgetOf(at),
      below,
    });
    for (const [name, one] of found) known.set(name, one);
    return known;
  }

  #budgetOf(at: number): LooseBudget {
    const budget = this.#budgets.get(at) ?? { left: maxLooseSearches };
    this.#budgets.set(at, budget);
    return budget;
  }

  async #recordIds(env: Environment, batch: readonly NumberedRow[]): Promise<Lookup> {
    const { columns, model } = this.#input;
    const at = columns.findIndex((column) => column.kind === "record");
    const column = columns[at];
    if (column?.kind !== "record") return new Map();
    const cells = batch.map(({ cells }) => (cells[at] ?? "").trim()).filter((cell) => cell !== "");
    const wanted = { by: column.by, cells, budget: this.#budgetOf(at), below: this.below };
    const found = await findReferences(env, model, wanted);
    if (column.by === "id") return found;
    // What names a hidden record names nothing here, and begins a record of its own.
    return new Map([...found].filter(([, one]) => "id" in one));
  }
}

type FieldColumn = Extract<ImportColumn, { kind: "field" }>;

function namesIn(column: ImportColumn, cell: string): string[] {
  if (column.kind === "field" && column.field.kind === "many2many")
    return cell
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  return [cell.trim()];
}

interface RowInput {
  readonly cells: readonly string[];
  readonly row: number;
  readonly lookups: ReadonlyMap<number, Lookup>;
  readonly records: Lookup;
  /** The caller's. */
  readonly language: LanguageCode;
}

function readRow(
  { model, columns, own }: ReaderInput,
  input: RowInput,
): { readonly row: ReadRow | undefined; readonly messages: ImportMessage[] } {
  const messages: ImportMessage[] = [];
  const values: Record<string, unknown> = {};
  const texts = new RowTexts(input.language);
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
          ? names.find((name) => !isFound(input.lookups.get(at)?.get(name)) && own.has(name))
          : undefined;
      if (waits !== undefined && own.isTwice(waits))
        wrong(column.name, `Several rows of the file are called "${waits.slice(0, 60)}".`);
      else if (waits !== undefined) waitsFor.set(column.name, waits);
      else
        values[column.name] = reference(column, names, { lookup: input.lookups.get(at) ?? new Map(), wrong });
    } else {
      const converted = convertCell(model, column.name, column.field, cell);
      if ("fault" in converted) wrong(column.name, converted.fault);
      else if (column.language === undefined) values[column.name] = converted.value;
      else texts.add(column.name, column.language, converted.value);
    }
  }
  texts.join(model, values, id === undefined);
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
  column: FieldColumn,
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
