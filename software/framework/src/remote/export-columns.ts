import { ExpectedError } from "@holdfast/kernel/errors";
import { gate } from "../access/gate.ts";
import type { Environment } from "../model/environment.ts";
import type { Field, RecordReference } from "../model/field.ts";
import { isLanguageCode, noSuchLanguage } from "../model/languages.ts";
import type { Model } from "../model/model.ts";
import type { RawSelection } from "../model/selection.ts";
import { remoteMoment } from "./remote-value.ts";

/** What an export reads, and how rows of it become cells. */
export interface ExportColumns {
  readonly selection: RawSelection;
  /** Titles under which an import finds the same fields again. */
  readonly titles: readonly string[];
  /** One statement more where texts of chosen languages are among the columns. */
  cells(rows: readonly object[]): Promise<unknown[][]>;
}

interface Column {
  readonly title: string;
  readonly steps: readonly string[];
  /** One language's own text, and no other's. */
  readonly language?: string;
  /** Of the last step; absent for a record's number. */
  readonly field: Field | undefined;
}

/** Most steps of a path, the last one counted; as deep as one reading goes. */
const maxSteps = 4;

/**
 * Fields to export, and paths to fields behind many2ones: `country_id/code`, `parent_id/user_id/login`. `.id` (or `id`)
 * ends a path with a record's number. Each step passes the rights and rules of its own model: what they hide is empty.
 *
 * A many2one is its record's name, a many2many the names of its records as an import reads them, a one2many their numbers.
 * `name@de_DE` is a translated field of the record itself in that language, empty where it has no text of its own.
 *
 * @throws ExpectedError `invalid` for a path that leads nowhere.
 */
export function exportColumns(env: Environment, model: Model, paths: readonly string[]): ExportColumns {
  const columns = paths.map((path) => languageColumn(model, path) ?? columnOf(env, model, path));
  const selection = nothing();
  for (const column of columns) if (column.language === undefined) choose(env, selection, column);
  // A many2one comes with its name, unless fields behind it were chosen too.
  for (const { steps, field } of columns) if (field?.kind === "many2one") name(placeOf(selection, steps));
  return {
    selection,
    titles: columns.map(({ title }) => title),
    async cells(rows) {
      const texts = await translations(env, model, columns, rows);
      return rows.map((row, at) =>
        columns.map(({ steps, field, language }) =>
          language === undefined
            ? exported(field, valueAt(row as Row, steps))
            : (texts[at]?.texts[steps[0] ?? ""]?.[language] ?? ""),
        ),
      );
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

function languageColumn(model: Model, path: string): Column | undefined {
  const [name = "", language] = path.split("@", 2);
  if (language === undefined) return undefined;
  if (!isLanguageCode(language)) throw new ExpectedError("invalid", noSuchLanguage(language));
  return { title: path, steps: [name], language, field: model.fields[name] };
}

/** @throws `invalid` for a field that is not there for the caller, or not translated. */
async function translations(
  env: Environment,
  model: Model,
  columns: readonly Column[],
  rows: readonly object[],
) {
  const fields = columns.flatMap(({ language, steps }) => (language === undefined ? [] : steps));
  if (fields.length === 0) return [];
  const ids = rows.map((row) => (row as { readonly id: number }).id);
  return env.of(model).translations(ids, [...new Set(fields)]);
}

function columnOf(env: Environment, model: Model, path: string): Column {
  const steps = path.split("/").map((step) => (step === ".id" ? "id" : step));
  if (steps.length > maxSteps)
    throw new ExpectedError("invalid", `"${path}" has more than ${maxSteps} steps.`);
  let at = model;
  for (const step of steps.slice(0, -1)) {
    const access = gate(env.registry, env.actor).on(at, "read");
    // A field that is not there for the caller leads nowhere, as one that is not there at all.
    const field = access.allowed && access.fields.has(step) ? env.registry.field(at, step) : undefined;
    if (field?.kind !== "many2one" || field.target === undefined)
      throw new ExpectedError(
        "invalid",
        `Cannot export "${path}": "${step}" of "${at.label}" does not lead to one record.`,
        { hint: "Paths go through fields that hold one record each." },
      );
    at = env.registry.model(field.target);
  }
  const last = steps.at(-1) as string;
  const title = [...steps.slice(0, -1), last === "id" ? ".id" : last].join("/");
  return { title, steps, field: last === "id" ? undefined : env.registry.field(at, last) };
}

interface Selection {
  [name: string]: { fields?: Selection };
}

/** Without a prototype: `constructor` is a field that nobody has, as any other. */
function nothing(): Selection {
  return Object.create(null) as Selection;
}

function choose(env: Environment, selection: Selection, { steps, field }: Column): void {
  const last = steps.at(-1) as string;
  let at = selection;
  for (const step of steps.slice(0, -1)) {
    const inner = (at[step] ??= {});
    at = inner.fields ??= nothing();
  }
  if (last === "id") return;
  const inner = (at[last] ??= {});
  if (field?.kind === "many2many" && mayRead(env, field)) (inner.fields ??= nothing())["display_name"] = {};
}

/** Of records that one may not read there are numbers at most. */
function mayRead(env: Environment, { target = "" }: Field): boolean {
  return gate(env.registry, env.actor).on(env.registry.model(target), "read").allowed;
}

function placeOf(selection: Selection, steps: readonly string[]): { fields?: Selection } {
  let at = selection;
  for (const step of steps.slice(0, -1)) at = at[step]?.fields ?? {};
  return at[steps.at(-1) as string] ?? {};
}

function name({ fields }: { fields?: Selection }): void {
  if (fields !== undefined) fields["display_name"] ??= {};
}

function valueAt(row: Row, steps: readonly string[]): unknown {
  let value: unknown = row;
  for (const step of steps) {
    if (value === null || value === undefined) return null;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}

/** A value as a table of texts has it: names of related records, labels of choices, exact numbers. */
export function exported(field: Field | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return "";
  if (field?.kind === "many2one") return nameOf(value);
  if (field?.kind === "many2many") return (value as readonly unknown[]).map(nameOf).join(",");
  if (field?.kind === "reference")
    return `${(value as RecordReference).model},${(value as RecordReference).id}`;
  if (field?.kind === "datetime") return remoteMoment(value as Temporal.Instant);
  if (field?.kind === "boolean" || typeof value === "number") return value;
  if (field?.kind === "selection") return field.options?.find(([option]) => option === value)?.[1] ?? value;
  return Array.isArray(value) ? value.join(",") : String(value);
}

function nameOf(record: unknown): string {
  if (typeof record === "number") return String(record);
  const { displayName, display_name } = record as Readonly<Record<string, string | undefined>>;
  return displayName ?? display_name ?? "";
}
