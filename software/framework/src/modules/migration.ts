import type { Field, Fields, ReadOf, Reference, WriteOf } from "../model/field.ts";
import { sourceLanguage } from "../model/languages.ts";

/**
 * What only a person can decide of a change to the schema: which field was renamed, what of a dropped one is
 * kept. An app lists its migrations from 1 on, without gaps; each runs once in each database, in order, in
 * the transaction that brings it to the declared schema. What is merely added needs none.
 */
export interface Migration {
  readonly number: number;
  /** For a person: "Towns become cities". */
  readonly label: string;
  /** In this order. Models and fields are named as text: they need not be declared any more. */
  readonly steps: readonly MigrationStep[];
}

/** One step; each does nothing when what it wants is already so. */
export type MigrationStep =
  | { readonly kind: "rename field"; readonly model: string; readonly from: string; readonly to: string }
  | { readonly kind: "rename model"; readonly from: string; readonly to: string }
  | { readonly kind: "add field"; readonly model: string; readonly name: string; readonly field: Field }
  | { readonly kind: "drop field"; readonly model: string; readonly name: string }
  | { readonly kind: "drop model"; readonly model: string }
  | ChangeType
  | MoveRows;

/** Another kind of value in the same field. */
export interface ChangeType {
  readonly kind: "change type";
  readonly model: string;
  readonly name: string;
  readonly field: Field;
  /** PostgreSQL's own cast when absent. */
  readonly convert?: (value: unknown) => unknown;
}

/** New values from old ones, record by record. */
export interface MoveRows {
  readonly kind: "move rows";
  readonly model: string;
  readonly fields: Fields;
  readonly change: (row: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | null;
}

/** A field under another name; its values, constraints and indexes go with it. */
export function renameField(model: string, from: string, to: string): MigrationStep {
  return { kind: "rename field", model, from, to };
}

/** A model under another name; rows that name it (attachments, messages, identifiers) follow. */
export function renameModel(from: string, to: string): MigrationStep {
  return { kind: "rename model", from, to };
}

/** A field before its time: for {@link moveRows} to fill. Required ones become so at the end. */
export function addField(model: string, name: string, field: Field): MigrationStep {
  return { kind: "add field", model, name, field };
}

/** Drops a field with all its values. */
export function dropField(model: string, name: string): MigrationStep {
  return { kind: "drop field", model, name };
}

/** Drops a model with all its records, and every field of others that refers to it. */
export function dropModel(model: string): MigrationStep {
  return { kind: "drop model", model };
}

/**
 * Another kind, length or scale. Without `convert` PostgreSQL casts; a value that does not fit stops the
 * migration, and nothing is changed.
 */
export function changeType<F extends Field>(
  model: string,
  name: string,
  field: F,
  convert?: (value: unknown) => WriteOf<F>,
): MigrationStep {
  return { kind: "change type", model, name, field, ...(convert && { convert }) };
}

/** An ordinary text becomes one for each language: what is there is the source language's. */
export function translateField(model: string, name: string, field: Field): MigrationStep {
  const convert = (value: unknown) => (value === null ? null : { [sourceLanguage]: String(value) });
  return { kind: "change type", model, name, field, convert };
}

/** An ordinary value becomes one for each company: what is there counts for all of them until one has its own. */
export function splitByCompany(model: string, name: string, field: Field): MigrationStep {
  const convert = (value: unknown) => (value === null ? null : { "*": String(value) });
  return { kind: "change type", model, name, field, convert };
}

type RowOf<F extends Fields> = {
  readonly [K in keyof F]: ReadOf<F[K]> extends Reference | null ? number | null : ReadOf<F[K]> | null;
} & { readonly id: number };

/**
 * Gives every record new values from its old ones, 1,000 at a time.
 *
 * @param fields - all that is read or written, declared as they are at this moment.
 * @param change - @returns the values to set; null leaves the record alone. Must give the same again when run twice.
 */
export function moveRows<const F extends Fields>(
  model: string,
  fields: F,
  change: (row: RowOf<F>) => { readonly [K in keyof F]?: WriteOf<F[K]> | null } | null,
): MigrationStep {
  return { kind: "move rows", model, fields, change: change as unknown as MoveRows["change"] };
}
