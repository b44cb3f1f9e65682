import type { FieldDescriptions, ModelDescription } from "../wire/shapes.ts";
import { formFields, lineFields } from "./form-layout.ts";
import { maxLines } from "./lines.ts";
import type { LoadedPart } from "./load-form.ts";

/** Relations that one reading takes. Source: docs/remote-api.md. */
const maxRelations = 16;

/** Related records that are shown by their names. */
const named = new Set<string | undefined>(["many2one", "many2many"]);

type Specification = Readonly<Record<string, unknown>>;

/** What `web_read` is asked for: the form's fields, names of related records, lines. @returns null for a form too wide for it. */
export function formSpecification(
  model: ModelDescription,
  parts: readonly LoadedPart[],
): Specification | null {
  const lines = parts.map((part) => {
    const fields = fieldsOf(lineFields(part, part.model.fields), part.model.fields);
    return [part.field, { fields, limit: maxLines }] as const;
  });
  const whole = { ...fieldsOf(formFields(model), model.fields), ...Object.fromEntries(lines) };
  return relationsIn(whole) <= maxRelations ? whole : null;
}

function fieldsOf(names: readonly string[], fields: FieldDescriptions): Specification {
  return Object.fromEntries(
    names
      .filter((name) => name !== "id")
      .map((name) => [name, named.has(fields[name]?.type) ? { fields: { display_name: {} } } : {}]),
  );
}

function relationsIn(specification: Specification): number {
  return Object.values(specification).reduce((sum: number, one) => {
    const inside = (one as { readonly fields?: Specification }).fields;
    return inside === undefined ? sum : sum + 1 + relationsIn(inside);
  }, 0);
}
