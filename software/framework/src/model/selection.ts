import type { TextField } from "./environment.ts";
import type { FieldName, Model, Row } from "./model.ts";

/** Fields to read, and what of the records behind relations. */
export type SelectionOf<M extends Model> = { readonly [K in FieldName<M>]?: true | Nested };

/** What of the records behind a relation is read. */
export interface Nested<T extends Model = Model, S = unknown> extends NestedPage {
  readonly model: T;
  readonly fields: S;
}

/** Which records of a collection. */
export interface NestedPage {
  /** Absent: all, or `too_large` if they are very many. */
  readonly limit?: number;
  readonly order?: string;
}

/** `S` with fields of `M` and no others: a misspelt one does not compile. */
export type OnlyFields<M extends Model, S> = S & Readonly<Record<Exclude<keyof S, FieldName<M>>, never>>;

/** A row as selected: a collection is rows, a many2one a row, or null where it is not set or a rule hides it. */
export type NestedRow<M extends Model, S> = { readonly id: number } & {
  readonly [K in keyof S & FieldName<M>]: S[K] extends Nested<infer T, infer F>
    ? Row<M, K>[K] extends readonly number[]
      ? readonly NestedRow<T, F>[]
      : NestedRow<T, F> | null
    : Row<M, K>[K];
};

/**
 * Fields of the records behind a relation, for `searchNested` and `readNested`:
 * `{ name: true, line_ids: nested(lines, { name: true }, { limit: 40 }) }`.
 */
export function nested<T extends Model, const S extends SelectionOf<T>>(
  model: T,
  fields: OnlyFields<T, S>,
  page: NestedPage = {},
): Nested<T, S> {
  return { model, fields, ...page };
}

/** A selection as callers send it: `{ name: {}, order_line: { fields: { name: {} }, limit: 40 } }`. Nothing is trusted. */
export type RawSelection = Readonly<Record<string, unknown>>;

/** How rows of one level are laid out. */
export interface NestedLevel {
  readonly label: string;
  readonly shape: readonly NestedField[];
}

/** A field; with `level` one column of JSON, whose rows are objects of texts in the order of their columns. */
export interface NestedField extends TextField {
  readonly level?: NestedLevel;
  /** More rows than this are `too_large`. */
  readonly most?: number;
}

/** Nested rows in PostgreSQL's own text. */
export interface NestedTexts {
  readonly level: NestedLevel;
  readonly tuples: readonly (readonly (string | null)[])[];
}
