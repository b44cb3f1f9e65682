import { type RemoteFailure, readFailure } from "../wire/failure.ts";

/** One thing the server says while it reads a file. */
export type ImportEvent =
  | { readonly kind: "progress"; readonly done: number }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "result"; readonly imported: number; readonly problems: number }
  | { readonly kind: "failed"; readonly failure: RemoteFailure };

/** What is wrong with one cell. */
export interface Problem {
  /** Counted from 1, the header left out. */
  readonly row: number;
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
  const { progress, problem, result, error } = wire as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  if (progress) return { kind: "progress", done: Number(progress["done"] ?? 0) };
  if (problem) {
    const { row, column, message } = problem;
    return { kind: "problem", problem: { row: Number(row ?? 0), column: String(column ?? ""), message: String(message ?? "") } };
  }
  if (result) return { kind: "result", imported: Number(result["imported"] ?? 0), problems: Number(result["problems"] ?? 0) };
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
