import type { Field } from "../model/field.ts";
import { foldText } from "../model/fold.ts";
import { isLanguageCode, type LanguageCode, noSuchLanguage } from "../model/languages.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";

/** How the cells of a column name records: by name, by number, or by an external identifier. */
export type ReferenceBy = "name" | "id" | "external";

/** What one column of a file means. */
export type ImportColumn =
  | {
      readonly kind: "field";
      readonly name: string;
      readonly field: Field;
      readonly by: ReferenceBy;
      /** A text of this language, whatever the caller's is. */
      readonly language?: LanguageCode;
    }
  /** The record itself, to be changed instead of created: its external identifier or its number. */
  | { readonly kind: "record"; readonly by: "id" | "external" }
  | { readonly kind: "ignored" };

/** A column that cannot be read, and why. */
export interface ColumnFault {
  readonly column: string;
  readonly message: string;
}

const neverImported: ReadonlySet<Field["kind"]> = new Set(["one2many", "json"]);

/**
 * Reads the names of columns as `load` has them: `name`, `country_id` (by name), `country_id/.id` (by number),
 * `country_id/id` (by external identifier), `name@de_DE` (a translated field in one language), `.id` and `id` for the
 * record itself.
 *
 * @param visible - the actor's fields: all others are unknown here.
 */
export function readColumns(
  registry: Registry,
  model: Model,
  { names, visible }: { readonly names: readonly (string | null)[]; readonly visible: ReadonlySet<string> },
): { readonly columns: readonly ImportColumn[]; readonly faults: readonly ColumnFault[] } {
  const faults: ColumnFault[] = [];
  const columns = names.map((name): ImportColumn => {
    if (name === null || name === "") return { kind: "ignored" };
    if (name === "id") return { kind: "record", by: "external" };
    if (name === ".id") return { kind: "record", by: "id" };
    const [path = "", language] = name.split("@", 2);
    const [fieldName = "", by] = path.split("/");
    const field = visible.has(fieldName) ? registry.field(model, fieldName) : undefined;
    const problem =
      field === undefined
        ? `"${model.label}" has no field "${fieldName}".`
        : (refusal(field, by) ?? wrongLanguage(field, language));
    if (field === undefined || problem !== undefined) {
      faults.push({ column: name, message: problem ?? "" });
      return { kind: "ignored" };
    }
    return {
      kind: "field",
      name: fieldName,
      field,
      by: by === "id" ? "external" : by === ".id" ? "id" : "name",
      ...(isLanguageCode(language) && { language }),
    };
  });
  return { columns, faults };
}

/**
 * The field that each title of a file most likely means: by name, by label, or by name without `_id`. Case,
 * accents and punctuation do not count; no field is taken twice.
 */
export function guessColumns(
  registry: Registry,
  model: Model,
  { titles, visible }: { readonly titles: readonly string[]; readonly visible: ReadonlySet<string> },
): (string | null)[] {
  const fields = Object.entries(model.fields).filter(
    ([name, field]) => visible.has(name) && !field.readonly && !neverImported.has(field.kind),
  );
  // What is set last wins: what people read goes before what programs call it.
  const open = new Map<string, string>([
    ...fields.map(([name]) => [plain(name.replace(/_ids?$/, "")), name] as const),
    ...fields.map(([name]) => [plain(name), name] as const),
    ...fields.map(([name, field]) => [plain(field.label), name] as const),
  ]);
  const taken = new Set<string>();
  return titles.map((title) => {
    const exact = title === "id" || title === ".id" || isPath(registry, model, { title, visible });
    const found = exact ? title : open.get(plain(title.split("/")[0] ?? ""));
    if (found === undefined || taken.has(found)) return null;
    taken.add(found);
    return found;
  });
}

/** Of a field that is hidden nothing is a path: the answer would tell that it is there, and that it is translated. */
function isPath(
  registry: Registry,
  model: Model,
  { title, visible }: { readonly title: string; readonly visible: ReadonlySet<string> },
): boolean {
  const fieldOf = (name: string) => (visible.has(name) ? registry.field(model, name) : undefined);
  const [translated = "", language] = title.split("@", 2);
  if (isLanguageCode(language)) return fieldOf(translated)?.translated === true;
  const [name = "", by] = title.split("/");
  return (by === "id" || by === ".id") && fieldOf(name) !== undefined;
}

function refusal(field: Field, by: string | undefined): string | undefined {
  if (neverImported.has(field.kind))
    return `"${field.label}" cannot be imported: import those records by themselves.`;
  if (field.readonly) return `"${field.label}" cannot be imported: it is kept by the software.`;
  const related = field.kind === "many2one" || field.kind === "many2many";
  if (by === undefined || (related && (by === "id" || by === ".id"))) return undefined;
  return `"${field.label}" has nothing called "${by}": name the field, or a relation with /id or /.id.`;
}

function wrongLanguage(field: Field, language: string | undefined): string | undefined {
  if (language === undefined) return undefined;
  if (!field.translated) return `"${field.label}" is the same in all languages.`;
  return isLanguageCode(language) ? undefined : noSuchLanguage(language);
}

function plain(title: string): string {
  return foldText(title).replace(/[^a-z0-9]+/g, "");
}
