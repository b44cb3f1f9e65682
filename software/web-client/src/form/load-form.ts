import { callMethod } from "../wire/call.ts";
import { failureOf } from "../wire/failure.ts";
import { modelQuery, queryClient, readQuery } from "../wire/queries.ts";
import type { FieldDescriptions, ModelDescription } from "../wire/shapes.ts";
import { decodeRow, isReference, type Row, type Value } from "../wire/values.ts";
import { type Draft, newDraft, openDraft } from "./draft.ts";
import { formFields, formViewOf, type LinesPart, lineFields, linesParts } from "./form-layout.ts";
import { formSpecification } from "./form-specification.ts";
import { maxLines, openLines } from "./lines.ts";

/** A table of lines with what is known of the model behind it. */
export interface LoadedPart extends LinesPart {
  readonly model: ModelDescription;
}

/** Everything a form needs before it can be drawn. */
export interface LoadedForm {
  readonly draft: Draft;
  readonly parts: readonly LoadedPart[];
}

/** Reads a record with its lines; `id` null gives a new one with its defaults. */
export async function loadForm(model: ModelDescription, id: number | null): Promise<LoadedForm> {
  const parts = await loadParts(model);
  const draft = id === null ? await loadNew(model, parts) : await loadRecord(model, id, parts);
  return { draft, parts };
}

async function loadParts(model: ModelDescription): Promise<LoadedPart[]> {
  const parts = linesParts(formViewOf(model), model.fields);
  return Promise.all(
    parts.map(async (part) => {
      const relation = model.fields[part.field]?.relation ?? "";
      return { ...part, model: await queryClient.ensureQueryData(modelQuery(relation)) };
    }),
  );
}

/** The record with its lines in one request, which is one statement; lines beyond a page of them come after. */
async function loadRecord(model: ModelDescription, id: number, parts: readonly LoadedPart[]): Promise<Draft> {
  const specification = formSpecification(model, parts);
  if (specification === null) return loadInParts(model, id, parts);
  const record = await readWhole(model.model, id, specification);
  const linesOf = (part: LoadedPart) => (record?.[part.field] ?? []) as readonly WireRow[];
  if (
    record === null ||
    hidesRequired(record, model.fields) ||
    parts.some((part) => linesOf(part).length >= maxLines) ||
    parts.some((part) => linesOf(part).some((row) => hidesRequired(row, part.model.fields)))
  )
    return loadInParts(model, id, parts);
  rememberNames(record, model.fields);
  for (const part of parts) for (const row of linesOf(part)) rememberNames(row, part.model.fields);
  const lines = parts.map(
    (part) => [part.field, openLines(linesOf(part).map((row) => decodeRow(part.model.fields, row)))] as const,
  );
  const values = {
    ...record,
    ...Object.fromEntries(lines.map(([name, own]) => [name, own.map(({ id }) => id)])),
  };
  return openDraft(id, decodeRow(model.fields, values), Object.fromEntries(lines));
}

type WireRow = Readonly<Record<string, unknown>>;

/** @returns null where one reading does not do: a model behind a relation is closed to this user, or too much is there. */
async function readWhole(
  model: string,
  id: number,
  specification: Readonly<Record<string, unknown>>,
): Promise<WireRow | null> {
  try {
    const rows = await callMethod(model, "web_read", { args: [[id], specification] });
    return (rows as WireRow[])[0] ?? null;
  } catch (error) {
    if (failureOf(error).kind === "offline") throw error;
    return null;
  }
}

/** A required relation that is empty leads to what a rule hides: its id must not be lost. */
function hidesRequired(row: WireRow, fields: FieldDescriptions): boolean {
  return Object.entries(row).some(
    ([name, value]) =>
      value === false && fields[name]?.type === "many2one" && fields[name]?.required === true,
  );
}

/** Names of tags came along: nobody has to ask for them. */
function rememberNames(row: WireRow, fields: FieldDescriptions): void {
  for (const [name, value] of Object.entries(row)) {
    if (fields[name]?.type !== "many2many" || !Array.isArray(value)) continue;
    for (const one of value as readonly { readonly id: number; readonly display_name?: string }[])
      queryClient.setQueryData(["name", fields[name].relation, one.id], one.display_name || `#${one.id}`);
  }
}

/** A form of more relations, or of very many lines, than one statement takes: the record first, then its lines. */
async function loadInParts(
  model: ModelDescription,
  id: number,
  parts: readonly LoadedPart[],
): Promise<Draft> {
  const [record] = await fetchRows(model.model, [id], formFields(model), model.fields);
  const lines = await Promise.all(
    parts.map(async (part) => {
      const ids = record?.[part.field];
      const rows = await fetchRows(
        part.model.model,
        Array.isArray(ids) ? ids : [],
        lineFields(part, part.model.fields),
        part.model.fields,
      );
      return [part.field, openLines(rows)] as const;
    }),
  );
  return openDraft(id, record ?? {}, Object.fromEntries(lines));
}

/** Always asks the server: a form must not start from an old copy. */
function fetchRows(
  model: string,
  ids: readonly number[],
  fields: readonly string[],
  descriptions: FieldDescriptions,
): Promise<Row[]> {
  return queryClient.fetchQuery({ ...readQuery(model, ids, fields, descriptions), staleTime: 0 });
}

async function loadNew(model: ModelDescription, parts: readonly LoadedPart[]): Promise<Draft> {
  const wanted = formFields(model).filter((name) => model.fields[name]?.type !== "one2many");
  const wire = (await callMethod(model.model, "default_get", { args: [wanted] })) as Record<string, unknown>;
  const defaults = await withNames(decodeRow(model.fields, { ...wire, id: 0 }), model.fields);
  const { id: _id, ...values } = defaults;
  return newDraft(values, Object.fromEntries(parts.map((part) => [part.field, []])));
}

/** Defaults name related records by id alone; a person needs their names. */
async function withNames(row: Row, fields: FieldDescriptions): Promise<Row> {
  const named = await Promise.all(
    Object.entries(row).map(async ([name, value]): Promise<[string, Value]> => {
      const relation = fields[name]?.relation;
      if (!isReference(value) || value.name !== "" || !relation) return [name, value];
      return [name, { id: value.id, name: await nameOf(relation, value.id) }];
    }),
  );
  return { ...Object.fromEntries(named), id: row.id } as Row;
}

async function nameOf(model: string, id: number): Promise<string> {
  const rows = (await callMethod(model, "read", { args: [[id], ["display_name"]] })) as {
    display_name?: string;
  }[];
  return rows[0]?.display_name ?? "";
}
