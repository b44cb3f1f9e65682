import { partlyTyped } from "../fields/partly-typed.ts";
import { isDecimal } from "../format/decimal.ts";
import type { FieldDescriptions } from "../wire/shapes.ts";
import { encodeValue, sameValue, type Value, type Values } from "../wire/values.ts";
import { type Line, lineCommands, linesChanged } from "./lines.ts";

/**
 * A record being edited: what the server gave, what the person changed, the lines of its tables. Never
 * mutated; every edit gives a new draft.
 */
export interface Draft {
  /** Null for a record that does not exist yet. */
  readonly id: number | null;
  readonly base: Values;
  readonly changes: Values;
  /** What the server worked out for the draft, totals for example: shown, but never sent. */
  readonly computed: Values;
  readonly lines: Readonly<Record<string, readonly Line[]>>;
}

/** A draft of an existing record, untouched. */
export function openDraft(id: number, base: Values, lines: Draft["lines"] = {}): Draft {
  return { id, base, changes: {}, computed: {}, lines };
}

/** A draft of a new record with its default values; not dirty until the person types. */
export function newDraft(defaults: Values, lines: Draft["lines"] = {}): Draft {
  return { id: null, base: defaults, changes: {}, computed: {}, lines };
}

/** The draft without anything that was typed into it. */
export function draftOf(draft: Draft): Draft {
  const lines = Object.entries(draft.lines).map(([name, own]) => [
    name,
    own.filter(({ id }) => id !== null).map((line) => ({ ...line, changes: {}, removed: false })),
  ]);
  return { ...draft, changes: {}, computed: {}, lines: Object.fromEntries(lines) };
}

/** The value shown: what was typed, else what the server worked out, else what was saved. */
export function draftValue(draft: Draft, field: string): Value {
  const source = [draft.changes, draft.computed].find((values) => field in values) ?? draft.base;
  return source[field] ?? null;
}

/** Sets a value. Typing the old value back leaves no change behind. */
export function withValue(draft: Draft, field: string, value: Value): Draft {
  const { [field]: _previous, ...rest } = draft.changes;
  const changes = sameValue(draft.base[field], value) ? rest : { ...rest, [field]: value };
  return { ...draft, changes };
}

/** Replaces the lines of one table. */
export function withLines(draft: Draft, field: string, lines: readonly Line[]): Draft {
  return { ...draft, lines: { ...draft.lines, [field]: lines } };
}

/** True when saving would change something. */
export function isDirty(draft: Draft): boolean {
  return Object.keys(draft.changes).length > 0 || Object.values(draft.lines).some(linesChanged);
}

/** What `write` or `create` takes: changes alone for a record that exists, everything set for a new one. */
export function valuesToSave(
  draft: Draft,
  fields: FieldDescriptions,
  lineFields: Readonly<Record<string, FieldDescriptions>>,
): Record<string, unknown> {
  const source = draft.id === null ? setValues(draft) : draft.changes;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(source)) {
    const field = fields[name];
    if (!field || field.readonly || field.type === "one2many") continue;
    values[name] = encodeValue(field, value);
  }
  for (const [name, lines] of Object.entries(draft.lines)) {
    const commands = lineCommands(lines, lineFields[name] ?? {});
    if (commands.length > 0) values[name] = commands;
  }
  return values;
}

/** Fields whose value is missing or no number, each with a sentence; the server checks everything again. */
export function problemsBeforeSaving(
  draft: Draft,
  fields: FieldDescriptions,
  shown: readonly string[],
): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const name of shown) {
    const field = fields[name];
    if (!field || field.readonly || field.type === "boolean") continue;
    const value = draftValue(draft, name);
    if (field.required && (value === null || value === "")) problems[name] = `${field.string} is needed.`;
    const exact = field.type === "float" || field.type === "monetary";
    if (exact && typeof value === "string" && value !== "" && !isDecimal(value)) {
      problems[name] = `${field.string} is not a number.`;
    }
    if (value === partlyTyped && (field.type === "date" || field.type === "datetime"))
      problems[name] = `${field.string} is only partly filled in: give each part, or clear all of them.`;
  }
  return problems;
}

function setValues(draft: Draft): Values {
  const all = { ...draft.base, ...draft.changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => isSet(value)));
}

function isSet(value: Value): boolean {
  return value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}
