import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, literal, type Sql, sql } from "../../sql/sql.ts";
import { Aliases } from "../condition-context.ts";
import { type Domain, maxRows, type SearchOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, distinctIds, granted, notFound } from "./context.ts";
import { orderBy } from "./order.ts";
import { project } from "./projection.ts";
import { all, column, ruleTerms, searchTerms } from "./where.ts";

/** Code in a system scope computes over whole collections. */
const maxSystemRows = 100 * maxRows;
/** Pages beyond this are reached by narrowing the search, not by counting. */
const maxOffset = 10_000_000;

/** Ids that match, in order. One statement. */
export async function search(
  context: Context,
  model: Model,
  domain: Domain,
  options: SearchOptions = {},
): Promise<number[]> {
  const found = await selected(context, model, { domain, fields: [], options });
  return found.map((record) => record["id"] as number);
}

/** Records that match, in order, with the names of related ones. One statement. */
export function searchRead(context: Context, model: Model, wanted: Wanted): Promise<Record<string, unknown>[]> {
  return selected(context, model, wanted);
}

interface Wanted {
  readonly domain: Domain;
  readonly fields: readonly string[];
  readonly options: SearchOptions;
}

/** Records in the order of the ids, repeated where they repeat. @throws `not_found` when one is missing or hidden. */
export async function read(
  context: Context,
  model: Model,
  { ids, fields }: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<Record<string, unknown>[]> {
  const wanted = distinctIds(model, ids);
  if (wanted.length > maxRows) throw tooMany(`${wanted.length} records are asked for`);
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: new Aliases(), fields: access.fields };
  const { columns, record } = project(context, model, fields, place);
  if (wanted.length === 0) return [];
  const where = [sql`${column("t", "id")} = ANY(${wanted}::integer[])`, ...ruleTerms(access.rule, place)];
  const tuples = await context.statements.tuples(
    sql`SELECT ${columns} FROM ${ident(tableOf(model))} "t" WHERE ${all(where)}`,
  );
  const byId = new Map(tuples.map((tuple) => [tuple[0], record(tuple)]));
  return ids.map((id) => {
    const found = byId.get(id);
    if (found === undefined) throw notFound(model);
    return found;
  });
}

/** Those of the ids that exist and may be read. One statement. */
export async function exists(context: Context, model: Model, ids: readonly number[]): Promise<number[]> {
  const access = granted(context, model, "read");
  const wanted = [...new Set(ids)].filter((id) => Number.isInteger(id) && id > 0 && id < 2 ** 31);
  if (wanted.length === 0) return [];
  if (wanted.length > maxRows) throw tooMany(`${wanted.length} records are asked for`);
  const place = { alias: "t", aliases: new Aliases() };
  const where = [sql`${column("t", "id")} = ANY(${wanted}::integer[])`, ...ruleTerms(access.rule, place)];
  const tuples = await context.statements.tuples(
    sql`SELECT ${column("t", "id")} FROM ${ident(tableOf(model))} "t" WHERE ${all(where)}`,
  );
  const found = new Set(tuples.map((tuple) => tuple[0]));
  return wanted.filter((id) => found.has(id));
}

/** How many match; counting stops at `limit`. One statement. */
export async function count(
  context: Context,
  model: Model,
  domain: Domain,
  options: { readonly limit?: number; readonly activeOnly?: boolean } = {},
): Promise<number> {
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: new Aliases() };
  const where = all(searchTerms(context, model, { access, domain, activeOnly: options.activeOnly }, place));
  const from = sql`FROM ${ident(tableOf(model))} "t" WHERE ${where}`;
  const statement =
    options.limit === undefined
      ? sql`SELECT count(*) ${from}`
      : sql`SELECT count(*) FROM (SELECT 1 ${from} LIMIT ${wholeLimit(options.limit, Number.MAX_SAFE_INTEGER)}) "counted"`;
  const [tuple] = await context.statements.tuples(statement);
  return tuple?.[0] as number;
}

async function selected(context: Context, model: Model, { domain, fields, options }: Wanted) {
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: new Aliases(), fields: access.fields };
  const { columns, record } = project(context, model, fields, place);
  const where = all(searchTerms(context, model, { access, domain, activeOnly: options.activeOnly }, place));
  const order = orderBy(context, model, options.order, place);
  const most = context.actor.kind === "system" ? maxSystemRows : maxRows;
  const tuples = await context.statements.tuples(
    sql`SELECT ${columns} FROM ${ident(tableOf(model))} "t" WHERE ${where} ORDER BY ${order}${page(options, most)}`,
  );
  if (tuples.length > most) throw tooMany(`More than ${most} records match`);
  return tuples.map((tuple) => record(tuple));
}

/** Without a limit one row more than allowed is asked for: an answer is never cut off in silence. */
function page({ limit, offset = 0 }: SearchOptions, most: number): Sql {
  const rows = limit === undefined ? literal(most + 1) : wholeLimit(limit, most);
  const skipped = wholeLimit(offset, maxOffset);
  return offset === 0 ? sql` LIMIT ${rows}` : sql` LIMIT ${rows} OFFSET ${skipped}`;
}

/** A limit as a literal: as a parameter it would be planned for any number. */
function wholeLimit(value: number, most: number): Sql {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new ExpectedError("invalid", `${String(value).slice(0, 32)} is not a number of rows: whole, from 0 to ${most}.`);
  return literal(value);
}

function tooMany(found: string): ExpectedError {
  return new ExpectedError("too_large", `${found}: at most ${maxRows} are given at once.`, {
    hint: "Give a limit, or narrow the search.",
  });
}
