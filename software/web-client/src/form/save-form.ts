import { callMethod } from "../wire/call.ts";
import type { FieldDescriptions, ModelDescription } from "../wire/shapes.ts";
import { decodeRow, encodeValue, type Row, sameValue, type Value, type Values } from "../wire/values.ts";
import { type Draft, draftValue, valuesToSave, withLines } from "./draft.ts";
import { formFields, formViewOf, lineFields } from "./form-layout.ts";
import { isBlank, withComputed } from "./lines.ts";
import type { LoadedPart } from "./load-form.ts";

/** A field that someone else changed since the form was opened, and that this person changed too. */
export interface Conflict {
  readonly field: string;
  readonly theirs: Value;
  readonly mine: Value;
}

/**
 * Saves a draft. @returns the record's id.
 *
 * @param options - `overwrite`: whatever somebody else saved meanwhile; `onceKey`: the same for each try, so that
 *   records and lines are made once. A change of fields alone goes without: it may be made twice.
 * @throws RemoteFailure with `changedMeanwhile` when a field that is to be changed is no longer as it was read; the
 *   server compares in the transaction of the change, so nobody slips in between.
 */
export async function saveDraft(
  model: ModelDescription,
  draft: Draft,
  parts: readonly LoadedPart[],
  options: { readonly overwrite: boolean; readonly onceKey: string },
): Promise<number> {
  const values = valuesToSave(draft, model.fields, fieldsOfLines(parts));
  const once = { context: { idempotency_key: options.onceKey } };
  if (draft.id === null) {
    const created = await callMethod(model.model, "create", { args: [values], kwargs: once });
    return Number(Array.isArray(created) ? created[0] : created);
  }
  const kwargs = {
    ...(makesLines(draft) ? once : {}),
    ...(options.overwrite ? {} : { expected: expectedValues(model, draft, values) }),
  };
  await callMethod(model.model, "write", { args: [[draft.id], values], kwargs });
  return draft.id;
}

function makesLines(draft: Draft): boolean {
  return Object.values(draft.lines).some((lines) => lines.some((line) => line.id === null && !isBlank(line)));
}

const uncompared: ReadonlySet<string> = new Set(["one2many", "many2many", "html", "json"]);

/** What the person saw in the fields that are to be changed, as far as it can be compared. */
function expectedValues(
  { fields }: ModelDescription,
  draft: Draft,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const expected: Record<string, unknown> = {};
  for (const name of Object.keys(values)) {
    const field = fields[name];
    if (field && name in draft.base && !uncompared.has(field.type))
      expected[name] = encodeValue(field, draft.base[name] ?? null);
  }
  return expected;
}

/** What was found when somebody else had been faster. */
interface Meanwhile {
  /** The fields that two people changed at once, each to something else. */
  readonly conflicts: readonly Conflict[];
  /** What the changed fields are now: a save that follows expects them, so that a third person's is not lost. */
  readonly now: Values;
}

/** Compares a draft with what is stored now; no conflict when nobody saved in between. */
export async function lookMeanwhile(model: ModelDescription, draft: Draft): Promise<Meanwhile> {
  const changed = Object.keys(draft.changes);
  if (draft.id === null || changed.length === 0 || !model.fields["write_date"])
    return { conflicts: [], now: {} };
  const rows = (await callMethod(model.model, "read", {
    args: [[draft.id], [...changed, "write_date"]],
  })) as Record<string, unknown>[];
  const now = rows[0] ? decodeRow(model.fields, rows[0]) : undefined;
  if (!now || sameValue(now["write_date"], draft.base["write_date"]))
    return { conflicts: [], now: now ?? {} };
  const different = changed.filter(
    (name) => !sameValue(now[name], draft.base[name]) && !sameValue(now[name], draft.changes[name]),
  );
  const conflicts = different.map((field) => ({
    field,
    theirs: now[field] ?? null,
    mine: draftValue(draft, field),
  }));
  return { conflicts, now };
}

/**
 * What the server would make of the draft: it saves and takes it back. Gives the draft with totals and
 * other computed values; the draft as it is while something needed is still missing.
 */
export async function previewDraft(
  model: ModelDescription,
  draft: Draft,
  parts: readonly LoadedPart[],
  signal: AbortSignal,
): Promise<Draft | null> {
  if (parts.length === 0) return null;
  const values = valuesToSave(draft, model.fields, fieldsOfLines(parts));
  const lines = Object.fromEntries(parts.map((part) => [part.field, lineFields(part, part.model.fields)]));
  const kwargs = { fields: formFields(model), lines };
  try {
    const answer = await callMethod(model.model, "preview", {
      args: [draft.id === null ? [] : [draft.id], values],
      kwargs,
      signal,
    });
    return readPreview(model, draft, parts, answer as PreviewAnswer);
  } catch {
    return null;
  }
}

interface PreviewAnswer {
  readonly record: Readonly<Record<string, unknown>>;
  readonly lines: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

/** A new record's own name is left out: numbers are given when it is saved. */
function readPreview(
  model: ModelDescription,
  draft: Draft,
  parts: readonly LoadedPart[],
  answer: PreviewAnswer,
): Draft {
  const { fields } = model;
  const { id: _id, ...values } = decodeRow(fields, answer.record);
  const unnamed = draft.id === null ? [model.displayName, formViewOf(model).title] : [];
  const told = (name: string) =>
    fields[name]?.readonly && fields[name]?.type !== "one2many" && !unnamed.includes(name);
  const shown = Object.fromEntries(Object.entries(values).filter(([name]) => told(name)));
  let next: Draft = { ...draft, computed: shown };
  for (const part of parts) {
    const rows: Row[] = (answer.lines[part.field] ?? []).map((row) => decodeRow(part.model.fields, row));
    next = withLines(next, part.field, withComputed(next.lines[part.field] ?? [], rows));
  }
  return next;
}

function fieldsOfLines(parts: readonly LoadedPart[]): Record<string, FieldDescriptions> {
  return Object.fromEntries(parts.map((part) => [part.field, part.model.fields]));
}
