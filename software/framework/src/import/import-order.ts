import type { Model } from "../model/model.ts";
import type { RowSource } from "./row-source.ts";

/** What is to be imported, and how. */
export interface ImportOrder {
  readonly model: Model;
  /** A field path for each column; null leaves a column out. */
  readonly fields: readonly (string | null)[];
  readonly source: RowSource;
  /** `all`: everything or nothing. `rows`: what is right goes in, the rest is told of. `try`: nothing goes in. */
  readonly mode: "all" | "rows" | "try";
  /** Told after every batch. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the import where it stands: nothing goes in. */
  readonly signal?: AbortSignal;
}

/** Most rows of one import. */
export const maxImportRows = 100_000;
/** Most messages that are told; a file that is wrong in every row is wrong in its columns. */
export const maxMessages = 200;
