import { Readable } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import { requireRight } from "../access/require-right.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import type { Domain, Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { exportColumns } from "./export-columns.ts";
import { visibleFields } from "./visible-fields.ts";

/** Rows that are in memory at once. */
const pageRows = 1_000;
/** Most rows of one export. */
export const maxExportRows = 1_000_000;
const maxFields = 200;
/** What a spreadsheet would take for a formula, at the beginning of a text. */
const formula = /^[=+\-@\t\r]/;

/**
 * Exports records as CSV, however many: read page after page by their id, each page under the rights of its moment,
 * and only as fast as the client takes them. Query: `fields`, separated by commas, paths among
 * them ({@link exportColumns}); `domain`, as JSON. The titles are those under which an import takes the file back.
 *
 * An answer that breaks off is cut, so that no part is taken for the whole.
 */
export const exportRoute: Route = {
  method: "GET",
  path: "/web/export/:model",
  who: "user",
  csrf: "none",
  body: "none",
  bodyLimitBytes: 0,
  summary: "Exports records as a CSV file with the user's own rights",
  handle: answer,
};

async function answer(request: RouteRequest): Promise<Reply> {
  const env = request.reading();
  const model = env.registry.models.get(request.params["model"] ?? "");
  if (model === undefined || visibleFields(env, model).size === 0)
    throw new ExpectedError("not_found", "There is nothing here that you may see.");
  requireRight(env, model, "export");
  const wanted = { fields: fieldsOf(request.url), domain: domainOf(request.url) };
  const lines = pages(env, model, wanted);
  // The first page is asked for before the answer begins: what is wrong with the question is told as an error.
  const first = await lines.next();
  return {
    status: 200,
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${model.name.replaceAll(".", "-")}.csv"`,
    },
    body: Readable.from(chained(first.value ?? "", lines), { objectMode: false, highWaterMark: 65_536 }),
  };
}

interface Wanted {
  readonly fields: readonly string[];
  readonly domain: Domain;
}

async function* pages(
  env: Environment,
  model: Model,
  { fields, domain }: Wanted,
): AsyncGenerator<string, void> {
  const { selection, titles, cells } = exportColumns(env, model, fields);
  let head = lineOf(titles);
  let last = 0;
  for (let done = 0; ; done += pageRows) {
    if (done >= maxExportRows)
      throw new ExpectedError("too_large", `More than ${maxExportRows} records match.`, {
        hint: "Narrow the search.",
      });
    const rows = await env
      .of(model)
      .searchNested([["id", ">", last], ...domain], selection as never, { order: "id", limit: pageRows });
    const text = (await cells(rows)).map(lineOf).join("");
    yield head + text;
    head = "";
    if (rows.length < pageRows) return;
    last = (rows.at(-1) as { readonly id: number }).id;
  }
}

function lineOf(values: readonly unknown[]): string {
  return `${values.map(cell).join(",")}\r\n`;
}

/** One cell (RFC 4180). A text that a spreadsheet would calculate is shown as the text that it is. */
function cell(value: unknown): string {
  const text =
    typeof value === "string" && formula.test(value) && !isNumber(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isNumber(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}

async function* chained(first: string, rest: AsyncGenerator<string, void>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

function fieldsOf(url: URL): string[] {
  const names = (url.searchParams.get("fields") ?? "")
    .split(",", maxFields + 1)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length >= 1 && names.length <= maxFields) return names;
  throw new ExpectedError(
    "bad_request",
    `The fields to export are 1 to ${maxFields} names, separated by commas.`,
  );
}

function domainOf(url: URL): Domain {
  const text = url.searchParams.get("domain") ?? "[]";
  try {
    const domain: unknown = JSON.parse(text);
    if (Array.isArray(domain)) return domain as Domain;
  } catch {
    // Told below.
  }
  throw new ExpectedError("bad_request", "The domain is not a list written as JSON.");
}
