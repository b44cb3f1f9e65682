import type { Registry } from "@holdfast/framework/model/registry";
import { declaredSchema } from "@holdfast/framework/sql/schema/declared";

/** Every table, and every column as `table.column`, that the apps declare: what a backup may hold to be taken. */
export function knownTables(registry: Registry): Set<string> {
  const known = new Set<string>();
  for (const { name, columns } of declaredSchema(registry.models).tables) {
    known.add(name);
    for (const column of columns) known.add(`${name}.${column.name}`);
  }
  return known;
}

/** The framework's own bookkeeping (schema, migrations) is declared by no model; a load refuses what it cannot take. */
export const isBookkeeping = (table: string): boolean => table.startsWith("hf_");
