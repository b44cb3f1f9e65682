import { present } from "@holdfast/kernel/assert";
import type { Field } from "../field.ts";
import { isKeyed } from "../keyed.ts";
import type { Model } from "../model.ts";
import { isDerived } from "../storage.ts";

/** Most rows of one statement whose values are kept: more are read again. */
export const maxInHand = 1_000;

type Known = Map<string, unknown>;

/**
 * Values in hand: what a transaction knows of rows because it has just written them, or because a compute has just
 * read them. Computes that say so (`Compute.plain`) read them from here and not from the database again, so that
 * several that look at the same currency or tax ask once. Above all rights, since nobody else reads here.
 *
 * Forgotten with each change of the row, and whole with a deletion and when the outermost verb has settled. Others
 * cannot change a row meanwhile: what a transaction sees is as it was when it began.
 */
export class Hand {
  readonly #rows = new Map<string, Map<number, Known>>();
  /** Rows that were created since, by model; null: more than are kept. */
  readonly #born = new Map<string, Set<number> | null>();
  /** many2one columns by which stored rows were moved since. */
  readonly #moved = new Set<string>();
  /** Computes under way: verbs at once each have their own, which end in any order. */
  #readers = 0;
  #lastNew = 0;

  /** Numbers for records that are not stored yet: below zero, so that no record has one. */
  newIds(count: number): number[] {
    return Array.from({ length: count }, () => --this.#lastNew);
  }

  /** @param values - column values, or what PostgreSQL gave for the columns. */
  keep(model: Model, id: number, values: Iterable<readonly [string, unknown]>): void {
    let rows = this.#rows.get(model.name);
    if (rows === undefined) this.#rows.set(model.name, (rows = new Map()));
    let row = rows.get(id);
    if (row === undefined) rows.set(id, (row = new Map()));
    for (const [name, value] of values) {
      const field = model.fields[name];
      if (field !== undefined && (isPlain(field) || (id < 0 && field.kind === "many2many")))
        row.set(name, value);
    }
  }

  /** The same of what a compute read: a record's values. */
  note(model: Model, record: Readonly<Record<string, unknown>>): void {
    if (!this.isReading) return;
    this.keep(model, record["id"] as number, Object.entries(record).map(asColumn));
  }

  /** These rows are new: nothing but what this transaction does leads to them. */
  born(model: Model, ids: readonly number[]): void {
    const known = this.#born.get(model.name) ?? (this.#born.has(model.name) ? null : new Set<number>());
    for (const id of ids) known?.add(id);
    this.#born.set(model.name, known !== null && known.size > maxInHand ? null : known);
  }

  /**
   * Ids of the rows that lead to some records by a many2one, in no order; undefined where that is not known: then
   * the records are older than this transaction, or rows were moved, or more were made than are kept.
   */
  leadingTo(
    owners: { readonly model: Model; readonly ids: readonly number[] },
    target: { readonly model: Model; readonly field: string },
  ): number[] | undefined {
    const fresh = this.isReading ? this.#born.get(owners.model.name) : undefined;
    const lines = this.#born.get(target.model.name);
    if (!fresh || lines === null || !owners.ids.every((id) => fresh.has(id))) return undefined;
    if (this.#moved.has(`${target.model.name}.${target.field}`)) return undefined;
    const [rows, wanted] = [this.#rows.get(target.model.name), new Set(owners.ids)];
    const found = [...(lines ?? [])].map((id) => [id, rows?.get(id)?.get(target.field)] as const);
    if (found.some(([, owner]) => owner === undefined)) return undefined;
    return found.filter(([, owner]) => wanted.has(owner as number)).map(([id]) => id);
  }

  /** Whether what is read now may be answered from here, and is worth keeping. */
  get isReading(): boolean {
    return this.#readers > 0;
  }

  forget(model: Model, ids: Iterable<number>, fields: Iterable<string>): void {
    for (const name of fields)
      if (model.fields[name]?.kind === "many2one") this.#moved.add(`${model.name}.${name}`);
    const rows = this.#rows.get(model.name);
    if (rows === undefined) return;
    for (const id of ids) for (const name of fields) rows.get(id)?.delete(name);
  }

  forgetRows(model: Model, ids: Iterable<number>): void {
    for (const id of ids) this.#rows.get(model.name)?.delete(id);
  }

  forgetAll(): void {
    this.#rows.clear();
    this.#born.clear();
    this.#moved.clear();
  }

  /** Readings inside of `work` may be answered from here. */
  async forReading<T>(work: () => Promise<T>): Promise<T> {
    this.#readers += 1;
    try {
      return await work();
    } finally {
      this.#readers -= 1;
    }
  }

  /** Records in the order of the ids; undefined when something of them is not known, or nobody may ask here. */
  read(
    model: Model,
    ids: readonly number[],
    names: readonly string[],
  ): Record<string, unknown>[] | undefined {
    const rows = this.isReading ? this.#rows.get(model.name) : undefined;
    if (rows === undefined) return undefined;
    const columns = names.map((name) => (name === "display_name" ? model.displayName : name));
    const known = (id: number) => columns.every((name) => name === "id" || rows.get(id)?.has(name));
    if (!ids.every(known)) return undefined;
    return ids.map((id) => {
      const row = present(rows.get(id), "a row that is known");
      const values = columns.map((column, at) => [
        names[at] as string,
        readAs(model.fields[column], row.get(column)),
      ]);
      return { ...Object.fromEntries(values), id };
    });
  }
}

/** A many2one is read with its record's name. */
function asColumn([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  const isReference = typeof value === "object" && value !== null && "displayName" in value && "id" in value;
  return [name, isReference ? value.id : value];
}

/** What a record would read as; undefined where that takes more than its own plain columns. */
export function knownAs(
  model: Model,
  known: ReadonlyMap<string, unknown>,
  names: readonly string[],
): Record<string, unknown> | undefined {
  const record: Record<string, unknown> = {};
  for (const name of names) {
    const field = model.fields[name];
    if (field === undefined || !isPlain(field)) return undefined;
    record[name] = readAs(field, known.get(name));
  }
  return record;
}

/** Collections change without their row, once it is stored; a text by language is another one for each reader. */
function isPlain(field: Field): boolean {
  return field.kind in readers && !isKeyed(field) && !isDerived(field);
}

type Reader = (value: unknown) => unknown;
const asItIs: Reader = (value) => value;
const readers: Readonly<Partial<Record<Field["kind"], Reader>>> = {
  text: asItIs,
  longText: asItIs,
  html: asItIs,
  selection: asItIs,
  integer: asItIs,
  boolean: asItIs,
  decimal: asItIs,
  money: asItIs,
  date: (value) => (typeof value === "string" ? Temporal.PlainDate.from(value) : value),
  datetime: (value) => (typeof value === "string" ? Temporal.Instant.from(value) : value),
  many2one: (id) => ({ id, displayName: "" }),
};

function readAs(field: Field | undefined, value: unknown): unknown {
  if (value === null || value === undefined || field === undefined) return null;
  return (readers[field.kind] ?? asItIs)(value);
}
