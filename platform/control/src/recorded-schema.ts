import type { Schema } from "@holdfast/framework/sql/schema/schema";
import type { OutputOf } from "@holdfast/protocol/method";
import type { examineRestore } from "@holdfast/protocol/restore-methods";

type Examined = Pick<OutputOf<typeof examineRestore>, "tables" | "shape">;

/** The framework's own tables are made by itself, in every database alike. */
const bookkeeping: ReadonlySet<string> = new Set(["hf_schema", "hf_migration"]);

/**
 * The tables as they were when a backup was taken: rows are loaded into these, then brought to today's declarations by
 * the migrations that they have not seen. What only the database keeps (references, uniques) comes at the end.
 *
 * @returns undefined when the shape is not known, or not that of the rows, as in an import from another installation:
 *   then they must fit today's tables.
 */
export function recordedSchema({ tables, shape }: Examined): Schema | undefined {
  const shapes = new Map(shape?.map((table) => [table.name, table]));
  const isOf = tables.every(({ name, columns }) => {
    const known = new Set(shapes.get(name)?.columns.map((column) => column.name));
    return columns.every((column) => known.has(column));
  });
  if (!isOf || shape === null) return undefined;
  return {
    tables: tables
      .filter(({ name }) => !bookkeeping.has(name))
      .map(({ name, key }) => ({
        name,
        primaryKey: key,
        columns: (shapes.get(name)?.columns ?? []).map(({ name: column, type, required, sequence }) => ({
          name: column,
          type,
          required,
          ...(sequence === undefined ? {} : { identity: true as const, sequence }),
        })),
      })),
    constraints: [],
    indexes: [],
  };
}
