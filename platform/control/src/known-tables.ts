import type { Registry } from "@holdfast/framework/model/registry";
import { declaredSchema } from "@holdfast/framework/sql/schema/declared";

/** The framework's own bookkeeping, which no model declares. */
const bookkeeping = [
  "hf_schema",
  "hf_schema.id",
  "hf_schema.digest",
  "hf_schema.apps",
  "hf_schema.applied_at",
];

/** Every table, and every column as `table.column`, that a backup may hold for this version to take it. */
export function knownTables(registry: Registry): Set<string> {
  const known = new Set(bookkeeping);
  for (const { name, columns } of declaredSchema(registry.models).tables) {
    known.add(name);
    for (const column of columns) known.add(`${name}.${column.name}`);
  }
  return known;
}
