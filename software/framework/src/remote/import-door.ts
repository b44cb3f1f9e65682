import { PassThrough, type Readable } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parse } from "csv-parse";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { guessColumns } from "../import/import-column.ts";
import { type ImportOrder, maxImportRows, runImport } from "../import/run-import.ts";
import type { Model } from "../model/model.ts";
import { remoteFault } from "./remote-fault.ts";
import { visibleFields } from "./visible-fields.ts";

/** Largest file, in bytes. */
export const importBodyBytes = 64 * 1024 * 1024;
const maxColumns = 200;
const maxCellBytes = 1_048_576;
const sniffBytes = 65_536;

/**
 * Imports a CSV file. Query: `columns`: a field path for each column, separated by commas, empty to leave one out
 * (absent: guessed from the titles); `dry=1`: checks everything and changes nothing; `mode=rows`: what is right
 * goes in, where otherwise all rows go in or none.
 *
 * Answers JSON lines: `{"progress":{"done","total"}}` …, `{"problem":{"row","column","field","message"}}` …, then
 * `{"result":{"imported","problems","total","columns","header"}}` or `{"error":{"name","message","hint"}}`. Rows are
 * counted from 1, the row of titles not counted.
 */
export const importRoute: Route = {
  method: "POST",
  path: "/web/import/:model",
  who: "user",
  csrf: "origin",
  scopedKeys: true,
  body: "stream",
  bodyLimitBytes: importBodyBytes,
  summary: "Imports a CSV file with the user's own rights",
  handle: answer,
};

async function answer(request: RouteRequest): Promise<Reply> {
  const model = modelOf(request);
  const out = new PassThrough();
  const line = (value: unknown) => void out.write(`${JSON.stringify(value)}\n`);
  work(request, model, line)
    .then((result) => line({ result }))
    .catch((error: unknown) => {
      const { name, message, hint, reference } = remoteFault(error, request);
      line({ error: { name, message, hint, reference } });
    })
    .finally(() => out.end());
  return { status: 200, headers: { "content-type": "application/x-ndjson; charset=utf-8" }, body: out };
}

function modelOf({ tenant, params, reading }: RouteRequest): Model {
  const model = tenant.data.registry.models.get(params["model"] ?? "");
  if (model === undefined || visibleFields(reading(), model).size === 0)
    throw new ExpectedError("not_found", "There is nothing here that you may see.");
  return model;
}

async function work(request: RouteRequest, model: Model, line: (value: unknown) => void) {
  const query = request.url.searchParams;
  const mode = query.get("dry") === "1" ? "try" : query.get("mode") === "rows" ? "rows" : "all";
  const [header = [], ...data] = await readCsv(request.stream);
  const columns = columnsOf(request, model, header);
  const progress = (done: number, total: number) => line({ progress: { done, total } });
  progress(0, data.length);
  const order: ImportOrder = { model, fields: columns, data, mode, progress };
  const { imported, messages } = await runImport(request.tenant.data, request.actor, order);
  for (const { row, field, message } of messages) {
    const column = header[columns.indexOf(field)] ?? "";
    line({ problem: { row, column, field, message } });
  }
  return { imported, problems: messages.length, total: data.length, columns, header };
}

function columnsOf(request: RouteRequest, model: Model, header: readonly string[]): (string | null)[] {
  const given = request.url.searchParams.get("columns");
  if (given === null)
    return guessColumns(request.tenant.data.registry, model, {
      titles: header,
      visible: visibleFields(request.reading(), model),
    });
  const names = given.split(",", maxColumns).map((name) => name.trim().slice(0, 256));
  return header.map((_title, at) => names[at] || null);
}

/** All rows of the file; the separator is found by looking at the first line. */
async function readCsv(stream: Readable): Promise<string[][]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = utf8(bytes);
  const parser = parse({
    delimiter: separatorOf(text.slice(0, sniffBytes)),
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxCellBytes,
  });
  const rows: string[][] = [];
  parser.end(text);
  try {
    for await (const row of parser) {
      if (rows.length > maxImportRows) throw tooMany();
      rows.push(row as string[]);
    }
  } catch (cause) {
    if (cause instanceof ExpectedError) throw cause;
    const at = (cause as { lines?: number }).lines;
    throw new ExpectedError(
      "invalid",
      `The file cannot be read as CSV${at === undefined ? "" : ` at line ${at}`}.`,
      {
        hint: "Save it as CSV with quotes around cells that hold separators.",
        cause,
      },
    );
  }
  if (rows.length === 0) throw new ExpectedError("invalid", "The file is empty.");
  if ((rows[0]?.length ?? 0) > maxColumns)
    throw new ExpectedError(
      "invalid",
      `The file has ${rows[0]?.length} columns: at most ${maxColumns} are read.`,
    );
  return rows;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ExpectedError("invalid", "The file is not UTF-8 text.", { hint: 'Save it as "CSV UTF-8".' });
  }
}

function tooMany(): ExpectedError {
  return new ExpectedError("too_large", `The file has more than ${maxImportRows} rows.`, {
    hint: "Split it.",
  });
}

function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/\r?\n|$/));
  const counted = [",", ";", "\t"].map((separator) => ({ separator, count: line.split(separator).length }));
  return counted.toSorted((left, right) => right.count - left.count)[0]?.separator ?? ",";
}
