import { requireRight } from "../access/require-right.ts";
import { exportColumns } from "./export-columns.ts";
import type { StandardCall } from "./standard-method.ts";

/**
 * `export_data`: a table of texts, one row a record, a related record by its name or by a path
 * ({@link exportColumns}). Numbers exact, as text. One statement,
 * one more for texts of chosen languages.
 */
export async function exportData(
  { env, model, ids }: StandardCall,
  input: { readonly fields_to_export: readonly string[] },
): Promise<unknown> {
  requireRight(env, model, "export");
  const { selection, cells } = exportColumns(env, model, input.fields_to_export);
  if (ids.length === 0) return { datas: [] };
  const rows = await env.of(model).readNested(ids, selection as never);
  return { datas: await cells(rows) };
}
