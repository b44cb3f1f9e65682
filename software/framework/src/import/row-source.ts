/** A table that can be read more than once, row by row. */
export interface RowSource {
  /** Rows in all. */
  readonly total: number;
  /** All rows from the first one, anew with each call. */
  rows(): AsyncIterable<readonly string[]>;
}

/** Rows that are in memory already. */
export function listedRows(
  data: readonly (readonly unknown[])[],
  cell: (value: unknown) => string,
): RowSource {
  return {
    total: data.length,
    async *rows() {
      for (const row of data) yield row.map(cell);
    },
  };
}
