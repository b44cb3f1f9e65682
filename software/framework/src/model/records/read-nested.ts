import { ident, joinSql, sql } from "../../sql/sql.ts";
import { type Domain, maxRows, type SearchOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import type { NestedTexts, RawSelection } from "../selection.ts";
import { tableOf } from "../storage.ts";
import { afterTerms } from "./after.ts";
import { type Context, distinctIds, granted, notFound } from "./context.ts";
import { keptStatement } from "./kept-statements.ts";
import { levelColumns } from "./nested.ts";
import { nestedInHand, notingNested, type Wanted } from "./nested-in-hand.ts";
import { nestedRows, typedCells } from "./nested-rows.ts";
import { orderBy } from "./order.ts";
import { page, refuseTooMany } from "./page.ts";
import { isOneOf, steadyFor } from "./rows.ts";
import { type Chosen, readSelection, selectionKey } from "./selection.ts";
import { aliasesFor, all, ruleTerms, searchTerms } from "./where.ts";

interface Searched {
  readonly domain: Domain;
  readonly selection: RawSelection;
  readonly options: SearchOptions;
}

interface Named {
  readonly ids: readonly number[];
  readonly selection: RawSelection;
}

type Rows = Promise<Record<string, unknown>[]>;

/** Records that match, with those behind their relations. One statement. */
export async function searchNested(context: Context, model: Model, wanted: Searched): Rows {
  const rows = async () => nestedRows(await searched(context, model, wanted, true), typedCells);
  return notingNested(context, model, readSelection(model, wanted.selection), rows);
}

/** The same as texts, a many2one without its name. One statement. */
export function searchNestedTexts(context: Context, model: Model, wanted: Searched): Promise<NestedTexts> {
  return searched(context, model, wanted, false);
}

/** Records in the order of the ids, with those behind their relations. One statement. @throws `not_found`. */
export async function readNested(context: Context, model: Model, { ids, selection }: Named): Rows {
  const wanted = { ids, chosen: readSelection(model, selection) };
  const ask = (target: Model, some: Wanted) =>
    notingNested(context, target, some.chosen, async () =>
      nestedRows(await named(context, target, some, true), typedCells),
    );
  return (await nestedInHand(context, model, wanted, ask)) ?? ask(model, wanted);
}

/** The same as texts, a many2one without its name. One statement. */
export async function readNestedTexts(
  context: Context,
  model: Model,
  { ids, selection }: Named,
): Promise<NestedTexts> {
  return named(context, model, { ids, chosen: readSelection(model, selection) }, false);
}

async function searched(
  context: Context,
  model: Model,
  wanted: Searched,
  names: boolean,
): Promise<NestedTexts> {
  const { order, limit, offset, activeOnly, after } = wanted.options;
  const chosen = readSelection(model, wanted.selection);
  const asked = [names, selectionKey(chosen), order, limit, offset, activeOnly, after];
  const { statement, level, refuseMore } = keptStatement(
    context,
    ["nested", model.name, wanted.domain, ...asked],
    () => searchStatement(context, model, { ...wanted, chosen, names }),
  );
  const tuples = await context.statements.texts(statement);
  refuseMore(tuples.length);
  return { level, tuples };
}

interface Compiled {
  readonly chosen: readonly Chosen[];
  readonly names: boolean;
}

function searchStatement(
  context: Context,
  model: Model,
  { domain, options, chosen, names }: Omit<Searched, "selection"> & Compiled,
) {
  const { order, limit = maxRows, activeOnly, after } = options;
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields, names };
  const { clause, refuseMore } = page(context, options);
  const { list, level } = levelColumns(context, model, chosen, { place, owners: limit });
  const where = all([
    ...searchTerms(context, model, { access, domain, activeOnly }, place),
    ...afterTerms(context, model, { access, order, after }, place),
  ]);
  const statement = sql`SELECT ${joinSql(list)} FROM ${ident(tableOf(model))} "t" WHERE ${where} ORDER BY ${orderBy(context, model, order, place)}${clause}`;
  return { statement, level, refuseMore };
}

async function named(
  context: Context,
  model: Model,
  { ids, chosen }: Wanted,
  names: boolean,
): Promise<NestedTexts> {
  const wanted = distinctIds(model, ids);
  refuseTooMany(context, wanted);
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields, names };
  const { list, level } = levelColumns(context, model, chosen, { place, owners: wanted.length });
  if (wanted.length === 0) return { level, tuples: [] };
  const where = all([isOneOf(wanted), ...ruleTerms(access.rule, place)]);
  const tuples = await context.statements.texts(
    steadyFor(wanted, sql`SELECT ${joinSql(list)} FROM ${ident(tableOf(model))} "t" WHERE ${where}`),
  );
  const byId = new Map(tuples.map((tuple) => [Number(tuple[0]), tuple]));
  return {
    level,
    tuples: ids.map((id) => {
      const found = byId.get(id);
      if (found === undefined) throw notFound(model);
      return found;
    }),
  };
}
