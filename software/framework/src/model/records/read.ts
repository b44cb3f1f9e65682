import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Domain, SearchOptions, TextRows } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { afterTerms } from "./after.ts";
import { type Context, distinctIds, granted, isId, mustBeList, notFound } from "./context.ts";
import { maxInHand } from "./hand.ts";
import { keptStatement } from "./kept-statements.ts";
import { orderBy } from "./order.ts";
import { type Page, page, refuseTooMany, wholeLimit } from "./page.ts";
import { type Projection, project } from "./projection.ts";
import { isOneOf, steadyFor } from "./rows.ts";
import { aliasesFor, all, column, ruleTerms, searchTerms } from "./where.ts";

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
  const { statement, projection, refuseMore } = listStatement(context, model, wanted);
  const tuples = await context.statements.tuples(statement);
  refuseMore(tuples.length);
  return tuples.map((tuple) => projection.record(tuple));
}

/** The same as PostgreSQL's own text. One statement. */
export async function searchTexts(context: Context, model: Model, wanted: Wanted): Promise<TextRows> {
  const { statement, projection, refuseMore } = listStatement(context, model, wanted);
  const tuples = await context.statements.texts(statement);
  refuseMore(tuples.length);
  return { shape: projection.shape, tuples };
}

interface ListStatement extends Pick<Page, "refuseMore"> {
  readonly statement: Sql;
  readonly projection: Projection;
}

function listStatement(context: Context, model: Model, { domain, fields, options }: Wanted): ListStatement {
  const { order, limit, offset, activeOnly, after } = options;
  const question = ["list", model.name, domain, fields, order, limit, offset, activeOnly, after];
  return keptStatement(context, question, () => {
    const access = granted(context, model, "read");
    const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields };
    const projection = project(context, model, fields, place);
    const where = all([
      ...searchTerms(context, model, { access, domain, activeOnly }, place),
      ...afterTerms(context, model, { access, order, after }, place),
    ]);
    const { clause, refuseMore } = page(context, options);
    const statement = sql`SELECT ${projection.columns} FROM ${ident(tableOf(model))} "t" WHERE ${where} ORDER BY ${orderBy(context, model, order, place)}${clause}`;
    return { statement, projection, refuseMore };
  });
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
  const unit = context.actor.kind === "system" ? context.unit : null;
  const known = unit?.hand.read(model, ids, fields);
  if (known !== undefined) return known;
  const { statement, projection } = readStatement(context, model, { ids, fields });
  if (statement === undefined) return [];
  const rows = async () => {
    const tuples = await context.statements.tuples(statement);
    const byId = new Map(tuples.map((tuple) => [tuple[0], projection.record(tuple)]));
    return ids.map((id) => byId.get(id) ?? missing(model));
  };
  return unit === null
    ? rows()
    : unit.noting(rows, (hand, found) => {
        if (found.length <= maxInHand) for (const record of found) hand.note(model, record);
      });
}

/** The same as PostgreSQL's own text. One statement. */
export async function readTexts(
  context: Context,
  model: Model,
  wanted: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<TextRows> {
  const { statement, projection } = readStatement(context, model, wanted);
  const tuples = statement === undefined ? [] : await context.statements.texts(statement);
  const byId = new Map(tuples.map((tuple) => [Number(tuple[0]), tuple]));
  return { shape: projection.shape, tuples: wanted.ids.map((id) => byId.get(id) ?? missing(model)) };
}

function readStatement(
  context: Context,
  model: Model,
  { ids, fields }: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): { readonly statement: Sql | undefined; readonly projection: Projection } {
  const wanted = distinctIds(model, ids);
  refuseTooMany(context, wanted);
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields };
  const projection = project(context, model, fields, place);
  if (wanted.length === 0) return { statement: undefined, projection };
  const where = [isOneOf(wanted), ...ruleTerms(access.rule, place)];
  const statement = steadyFor(
    wanted,
    sql`SELECT ${projection.columns} FROM ${ident(tableOf(model))} "t" WHERE ${all(where)}`,
  );
  return { statement, projection };
}

function missing(model: Model): never {
  throw notFound(model);
}

/** Those of the ids that exist and may be read. One statement. */
export async function exists(context: Context, model: Model, ids: readonly number[]): Promise<number[]> {
  const access = granted(context, model, "read");
  mustBeList(ids, "The ids of records");
  const wanted = [...new Set(ids)].filter(isId);
  refuseTooMany(context, wanted);
  if (wanted.length === 0) return [];
  const place = { alias: "t", aliases: aliasesFor(context) };
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
  const place = { alias: "t", aliases: aliasesFor(context) };
  const where = all(searchTerms(context, model, { access, domain, activeOnly: options.activeOnly }, place));
  const from = sql`FROM ${ident(tableOf(model))} "t" WHERE ${where}`;
  const statement =
    options.limit === undefined
      ? sql`SELECT count(*) ${from}`
      : sql`SELECT count(*) FROM (SELECT 1 ${from} LIMIT ${wholeLimit(options.limit, Number.MAX_SAFE_INTEGER)}) "counted"`;
  const [tuple] = await context.statements.tuples(statement);
  return tuple?.[0] as number;
}
