import { type RemoteFailure, readFailure } from "../wire/failure.ts";

/** One thing the server says while it reads a file. */
export type ImportEvent =
  | { readonly kind: "progress"; readonly done: number; readonly total: number | null }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "result"; readonly imported: number; readonly problems: number; readonly rows: number }
  | { readonly kind: "failed"; readonly failure: RemoteFailure };

/** What is wrong with one cell. */
export interface Problem {
  /** Counted from 1, the header left out. */
  readonly row: number;
  /** Name of the field; empty when it is about the row. */
  readonly field: string;
  /** Title of the column in the file. */
  readonly column: string;
  readonly message: string;
}

/** Reads one line of the answer; null for what is not understood, so that the server may say more one day. */
export function readImportEvent(line: string): ImportEvent | null {
  let wire: Readonly<Record<string, unknown>>;
  try {
    wire = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { progress, problem, result, error } = wire as Readonly<
    Record<string, Readonly<Record<string, unknown>> | undefined>
  >;
  if (progress)
    return {
      kind: "progress",
      done: Number(progress["done"] ?? 0),
      total: progress["total"] === undefined ? null : Number(progress["total"]),
    };
  if (problem) {
    const { row, field, column, message } = problem;
    const words = {
      field: String(field ?? ""),
      column: String(column ?? ""),
      message: String(message ?? ""),
    };
    return { kind: "problem", problem: { row: Number(row ?? 0), ...words } };
  }
  if (result) {
    const imported = Number(result["imported"] ?? 0);
    return {
      kind: "result",
      imported,
      problems: Number(result["problems"] ?? 0),
      rows: Number(result["total"] ?? imported),
    };
  }
  return error ? { kind: "failed", failure: readFailure(error) } : null;
}

/** Cuts a stream of text into lines; the last one needs no line end. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "");
  }
  if (rest.trim() !== "") yield rest;
}
