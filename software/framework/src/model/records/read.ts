import { ident, type Sql, sql } from "../../sql/sql.ts";
import { Aliases } from "../condition-context.ts";
import type { Domain, SearchOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, distinctIds, granted, isId, mustBeList, notFound } from "./context.ts";
import { orderBy } from "./order.ts";
import { page, refuseTooMany, wholeLimit } from "./page.ts";
import { project } from "./projection.ts";
import { all, column, ruleTerms, searchTerms } from "./where.ts";

/** What a search asks for. */
export interface Wanted {
  readonly domain: Domain;
  readonly fields: readonly string[];
  readonly options: SearchOptions;
}

/** Records that match, in order, with the names of related ones. One statement. */
export async function searchRead(
  context: Context,
  model: Model,
  wanted: Wanted,
): Promise<Record<string, unknown>[]> {
  const { domain, fields, options } = wanted;
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: new Aliases(), fields: access.fields };
  const { columns, record } = project(context, model, fields, place);
  const where = all(searchTerms(context, model, { access, domain, activeOnly: options.activeOnly }, place));
  const order = orderBy(context, model, options.order, place);
  const { clause, refuseMore } = page(context, options);
  const tuples = await context.statements.tuples(
    sql`SELECT ${columns} FROM ${ident(tableOf(model))} "t" WHERE ${where} ORDER BY ${order}${clause}`,
  );
  refuseMore(tuples.length);
  return tuples.map((tuple) => record(tuple));
}

/** Ids that match, in order. One statement. */
export async function search(
  context: Context,
  model: Model,
  domain: Domain,
  options: SearchOptions = {},
): Promise<number[]> {
  const found = await searchRead(context, model, { domain, fields: [], options });
  return found.map((record) => record["id"] as number);
}

/** Records in the order of the ids, repeated where they repeat. @throws `not_found` when one is missing or hidden. */
export async function read(
  context: Context,
  model: Model,
  { ids, fields }: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<Record<string, unknown>[]> {
  const wanted = distinctIds(model, ids);
  refuseTooMany(context, wanted);
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: new Aliases(), fields: access.fields };
  const { columns, record } = project(context, model, fields, place);
  if (wanted.length === 0) return [];
  const where = [isOneOf(wanted), ...ruleTerms(access.rule, place)];
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
  mustBeList(ids, "The ids of records");
  const wanted = [...new Set(ids)].filter(isId);
  refuseTooMany(context, wanted);
  if (wanted.length === 0) return [];
  const place = { alias: "t", aliases: new Aliases() };
  const where = [isOneOf(wanted), ...ruleTerms(access.rule, place)];
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

function isOneOf(ids: readonly number[]): Sql {
  return sql`${column("t", "id")} = ANY(${ids}::integer[])`;
}
