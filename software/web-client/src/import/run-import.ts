import { request } from "../wire/call.ts";
import { RemoteFailure, readFailure } from "../wire/failure.ts";
import { linesOf, type Problem, readImportEvent } from "./import-stream.ts";

/** What came of reading a file. */
export interface ImportOutcome {
  readonly imported: number;
  /** Rows of the file, the header left out. */
  readonly rows: number;
  readonly problems: readonly Problem[];
  /** How many problems there are; at most a hundred are listed. */
  readonly problemCount: number;
}

interface ImportOptions {
  /** Field of each column by position; null skips it. */
  readonly mapping: readonly (string | null)[];
  /** Checks everything and changes nothing. */
  readonly dry: boolean;
  readonly onProgress: (done: number, total: number | null) => void;
  readonly signal: AbortSignal;
}

/** Sends a CSV file and follows the server as it reads it. All rows are imported, or none. */
export async function runImport(
  model: string,
  file: File,
  { mapping, dry, onProgress, signal }: ImportOptions,
): Promise<ImportOutcome> {
  const columns = mapping.map((field) => encodeURIComponent(field ?? "")).join(",");
  const response = await request(`/web/import/${model}?columns=${columns}${dry ? "&dry=1" : ""}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: file,
    signal,
  });
  if (!response.ok || !response.body) throw await refused(response);
  const problems: Problem[] = [];
  for await (const line of linesOf(textOf(response.body))) {
    const event = readImportEvent(line);
    if (event?.kind === "progress") onProgress(event.done, event.total);
    if (event?.kind === "problem") problems.push(event.problem);
    if (event?.kind === "failed") throw event.failure;
    if (event?.kind === "result")
      return { ...event, problems, problemCount: Math.max(event.problems, problems.length) };
  }
  throw new RemoteFailure("The import was cut off.", {
    kind: "offline",
    hint: "Nothing was imported: try again.",
  });
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function refused(response: Response): Promise<RemoteFailure> {
  const body = (await response.json().catch(() => null)) as { error?: unknown } | null;
  return readFailure(body?.error ?? body);
}
