import { ExpectedError } from "@holdfast/kernel/errors";
import type { Model } from "../model.ts";
import type { RawSelection } from "../selection.ts";

/** Relations inside relations: an order, its lines, their product, its category. */
export const maxSelectionDepth = 4;
/** Fields that one selection names, of all levels together. */
export const maxSelectedFields = 500;
/** Relations of which one selection reads records. */
export const maxSelectedRelations = 16;

/** A selection, checked in its form; whether the fields exist for the actor is asked of the model. */
export interface Chosen {
  readonly name: string;
  readonly inside?: {
    readonly model: string | undefined;
    readonly limit: number | undefined;
    readonly order: string | undefined;
    readonly fields: readonly Chosen[];
  };
}

/** @throws `invalid` that names the place, for what is no selection or one of too much. */
export function readSelection(model: Model, selection: RawSelection): readonly Chosen[] {
  const left = { fields: maxSelectedFields, relations: maxSelectedRelations };
  return level({ label: model.label, left, path: "" }, selection, maxSelectionDepth);
}

interface Reading {
  readonly label: string;
  readonly left: { fields: number; relations: number };
  readonly path: string;
}

function level(reading: Reading, selection: unknown, depth: number): Chosen[] {
  if (!isPlain(selection)) throw refuse(reading, "is not an object of fields");
  const entries = Object.entries(selection);
  reading.left.fields -= entries.length;
  if (reading.left.fields < 0) throw refuse(reading, `names more than ${maxSelectedFields} fields`);
  return entries.map(([name, value]) =>
    one({ ...reading, path: `${reading.path}.${name}` }, name, value, depth),
  );
}

function one(reading: Reading, name: string, value: unknown, depth: number): Chosen {
  if (value === true) return { name };
  if (!isPlain(value)) throw refuse(reading, "is not an object");
  const { fields, limit, order, model, context: _context, ...rest } = value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refuse(reading, `has no option "${unknown.slice(0, 64)}"`);
  if (limit !== undefined && typeof limit !== "number")
    throw refuse(reading, "has a limit that is no number");
  if (order !== undefined && typeof order !== "string") throw refuse(reading, "has an order that is no text");
  if (fields === undefined) {
    if (limit === undefined && order === undefined) return { name };
    throw refuse(reading, "has a limit or an order, but no fields");
  }
  reading.left.relations -= 1;
  if (reading.left.relations < 0)
    throw refuse(reading, `goes into more than ${maxSelectedRelations} relations`);
  if (depth === 0) throw refuse(reading, `is nested more than ${maxSelectionDepth} deep`);
  const target = isPlain(model) ? String(model["name"]) : undefined;
  return { name, inside: { model: target, limit, order, fields: level(reading, fields, depth - 1) } };
}

/** The same as plain lists, as a key for what was made of it. */
export function selectionKey(chosen: readonly Chosen[]): readonly unknown[] {
  return chosen.map(({ name, inside }) =>
    inside === undefined
      ? name
      : [name, inside.model, inside.limit, inside.order, selectionKey(inside.fields)],
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse({ label, path }: Reading, what: string): ExpectedError {
  const place = path === "" ? "" : ` at "${path.slice(1, 129)}"`;
  return new ExpectedError("invalid", `The selection of "${label}"${place} ${what}.`, {
    hint: "Write fields with what is inside: name: {}, lines: { fields: { name: {} }, limit: 40 }.",
  });
}
