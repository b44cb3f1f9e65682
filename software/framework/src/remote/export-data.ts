import { ExpectedError } from "@holdfast/kernel/errors";
import { requireRight } from "../access/require-right.ts";
import type { Field, RecordReference } from "../model/field.ts";
import { remoteMoment } from "./remote-value.ts";
import type { StandardCall } from "./standard-methods.ts";

/**
 * `export_data`: a table of texts, one row a record, a related record by its name. Numbers exact, as text.
 * Paths (`parent_id/name`) are not followed yet: name the field itself.
 */
export async function exportData(
  { env, model, ids }: StandardCall,
  input: { readonly fields_to_export: string[] },
): Promise<unknown> {
  requireRight(env, model, "export");
  const names = input.fields_to_export.map((name) => (name === ".id" ? "id" : name));
  const deep = names.find((name) => name.includes("/"));
  if (deep !== undefined)
    throw new ExpectedError(
      "invalid",
      `Cannot export "${deep}": only fields of the record itself can be exported.`,
    );
  if (ids.length === 0) return { datas: [] };
  const rows = await env.of(model).read(ids, [...new Set(names)].filter((name) => name !== "id") as never[]);
  const cell = (row: Readonly<Record<string, unknown>>, name: string) =>
    exported(env.registry.field(model, name), row[name]);
  return {
    datas: rows.map((row) => names.map((name) => cell(row as Readonly<Record<string, unknown>>, name))),
  };
}

/** A value as a table of texts has it: names of related records, labels of choices, exact numbers. */
export function exported(field: Field | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return "";
  if (field?.kind === "many2one") return (value as { displayName: string }).displayName ?? "";
  if (field?.kind === "reference")
    return `${(value as RecordReference).model},${(value as RecordReference).id}`;
  if (field?.kind === "datetime") return remoteMoment(value as Temporal.Instant);
  if (field?.kind === "boolean" || typeof value === "number") return value;
  if (field?.kind === "selection") return field.options?.find(([option]) => option === value)?.[1] ?? value;
  return Array.isArray(value) ? value.join(",") : String(value);
}
