import { PassThrough } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import type { Identity } from "../identity/identity.ts";
import { receiveCsv } from "../import/csv-file.ts";
import { guessColumns } from "../import/import-column.ts";
import type { ImportOrder } from "../import/import-order.ts";
import { runImport } from "../import/run-import.ts";
import { withTightHeap } from "../import/tight-heap.ts";
import type { Model } from "../model/model.ts";
import { remoteFault } from "./remote-fault.ts";
import { visibleFields } from "./visible-fields.ts";

/** Largest file, in bytes. */
export const importBodyBytes = 64 * 1024 * 1024;
/** Imports that one process works on at once, of one database and of all: each may hold a packed file and a connection. */
const maxAtOnce = { own: 2, all: 8 };
const maxColumns = 200;

/**
 * Imports a CSV file. Query: `columns`: a field path for each column, separated by commas, empty to leave one out
 * (absent: guessed from the titles); `dry=1`: checks everything and changes nothing; `mode=rows`: what is right
 * goes in, where otherwise all rows go in or none. Whoever hangs up before the end cancels it: then nothing goes in.
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

const working: Identity[] = [];

async function answer(request: RouteRequest): Promise<Reply> {
  const model = modelOf(request);
  const { identity } = request.tenant;
  if (working.length >= maxAtOnce.all || working.filter((one) => one === identity).length >= maxAtOnce.own)
    throw new ExpectedError("unavailable", "Other files are being imported at the moment.", {
      hint: "Try again in a minute.",
      retryAfterSeconds: 60,
    });
  working.push(identity);
  const out = new PassThrough();
  const line = (value: unknown) => void (out.writable && out.write(`${JSON.stringify(value)}\n`));
  const hungUp = new AbortController();
  out.once("close", () => hungUp.abort());
  withTightHeap(() => work(request, { model, line, signal: hungUp.signal }))
    .then((result) => line({ result }))
    .catch((error: unknown) => {
      if (hungUp.signal.aborted) return;
      const { name, message, hint, reference } = remoteFault(error, request);
      line({ error: { name, message, hint, reference } });
    })
    .finally(() => {
      working.splice(working.indexOf(identity), 1);
      out.end();
    });
  return { status: 200, headers: { "content-type": "application/x-ndjson; charset=utf-8" }, body: out };
}

function modelOf({ tenant, params, reading }: RouteRequest): Model {
  const model = tenant.data.registry.models.get(params["model"] ?? "");
  if (model === undefined || visibleFields(reading(), model).size === 0)
    throw new ExpectedError("not_found", "There is nothing here that you may see.");
  return model;
}

interface Work {
  readonly model: Model;
  line(value: unknown): void;
  readonly signal: AbortSignal;
}

async function work(request: RouteRequest, { model, line, signal }: Work) {
  const query = request.url.searchParams;
  const mode = query.get("dry") === "1" ? "try" : query.get("mode") === "rows" ? "rows" : "all";
  const source = await receiveCsv(request.stream);
  const { header, total } = source;
  const fields = columnsOf(request, model, header);
  const progress = (done: number, of: number) => line({ progress: { done, total: of } });
  progress(0, total);
  const order: ImportOrder = { model, fields, source, mode, progress, signal };
  const { imported, messages, problems } = await runImport(request.tenant.data, request.actor, order);
  for (const { row, field, message } of messages) {
    const column = header[fields.indexOf(field)] ?? "";
    line({ problem: { row, column, field, message } });
  }
  return { imported, problems, total, columns: fields, header };
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
