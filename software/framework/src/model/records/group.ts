import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, literal, type Sql, sql } from "../../sql/sql.ts";
import type { Domain, Group, SearchOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Aggregate, aggregateOf } from "./aggregate.ts";
import { type Context, granted, mustBeTexts } from "./context.ts";
import { type GroupKey, groupKey } from "./group-key.ts";
import { page } from "./page.ts";
import { aliasesFor, all, searchTerms } from "./where.ts";

/** Most fields that are grouped by at once. */
export const maxGroupKeys = 4;
/** Most aggregates of one call. */
export const maxAggregates = 16;

/** What a grouping asks for. */
export interface Grouping {
  readonly domain: Domain;
  /** `"country_id"`, `"date_order:month"`. None: one group of all. */
  readonly groupBy: readonly string[];
  /** `"amount_total:sum"`; without a function it is the sum. */
  readonly aggregates: readonly string[];
  readonly options: SearchOptions;
}

/**
 * Counts and aggregates by groups. One statement; rules and field permissions hold as in any read.
 *
 * @returns a value for each key, each aggregate under the name that was given, `__count`, and `__domain`,
 *   which finds the records of the group. In the order of the keys, or as `options.order` says in the same
 *   names (`"__count desc"`).
 */
export async function readGroup(context: Context, model: Model, grouping: Grouping): Promise<Group[]> {
  const { domain, groupBy, aggregates, options } = grouping;
  mustBeTexts(groupBy, "The fields to group by");
  mustBeTexts(aggregates, "The aggregates");
  if (groupBy.length > maxGroupKeys || aggregates.length > maxAggregates)
    throw new ExpectedError(
      "invalid",
      `At most ${maxGroupKeys} fields to group by and ${maxAggregates} to aggregate.`,
    );
  const access = granted(context, model, "read");
  const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields };
  const keys = groupBy.map((spec) => groupKey(context, model, spec, place));
  const sums = aggregates
    .filter((name) => name !== "__count")
    .map((spec) => aggregateOf(context, model, spec, place));
  const where = all(searchTerms(context, model, { access, domain, activeOnly: options.activeOnly }, place));
  const { clause, refuseMore } = page(context, options);
  const tuples = await context.statements.tuples(sql`
    SELECT ${joinSql([...keys.flatMap((key) => key.columns), ...sums.map((sum) => sum.column), sql`count(*)`])}
    FROM ${ident(tableOf(model))} "t" WHERE ${where}${grouped(keys)}${ordered({ keys, sums }, options.order)}${clause}`);
  refuseMore(tuples.length);
  return tuples.map((tuple) => groupOf({ keys, sums, domain }, tuple));
}

interface Parts {
  readonly keys: readonly GroupKey[];
  readonly sums: readonly Aggregate[];
}

/** By place in the SELECT: repeated parameters would look like other expressions to PostgreSQL. */
function grouped(keys: readonly GroupKey[]): Sql {
  if (keys.length === 0) return sql``;
  const places = keys.flatMap(({ whole, columns }, i) => {
    const first = placeOf(keys, i);
    return whole ? columns.map((_column, at) => first + at) : [first];
  });
  return sql` GROUP BY ${joinSql(places.map((at) => literal(at)))}`;
}

/** Place of the i-th key's first column in the SELECT, from 1. */
function placeOf(keys: readonly GroupKey[], i: number): number {
  return 1 + keys.slice(0, i).reduce((places, key) => places + key.columns.length, 0);
}

const orderTerm = /^\s*([a-z_][a-z0-9_]*(?::[a-z_]+)?)(?:\s+(asc|desc))?\s*$/i;

function ordered({ keys, sums }: Parts, order: string | undefined): Sql {
  const columns = placeOf(keys, keys.length);
  const places = new Map<string, number>([
    ...keys.map((key, i) => [key.spec, placeOf(keys, i) + key.columns.length - 1] as const),
    ...sums.flatMap((sum, i) => (sum.read === undefined ? [[sum.spec, columns + i] as const] : [])),
    ["__count", columns + sums.length],
  ]);
  mustBeTexts([order ?? ""], "Orders of groups");
  const asked = order === undefined || order.trim() === "" ? [] : order.split(",").slice(0, maxGroupKeys);
  const terms = asked.map((text) => {
    const [, name = "", direction = "asc"] = orderTerm.exec(text) ?? [];
    const at = places.get(name);
    if (at === undefined)
      throw new ExpectedError("invalid", `Groups cannot be sorted by "${text.slice(0, 64)}".`);
    return direction.toLowerCase() === "desc" ? sql`${literal(at)} DESC` : sql`${literal(at)}`;
  });
  const byKeys = keys.flatMap((_key, i) => keyPlaces(keys, i)).map((at) => sql`${literal(at)}`);
  return terms.length + byKeys.length === 0 ? sql`` : sql` ORDER BY ${joinSql([...terms, ...byKeys])}`;
}

/** The name that is shown first, the value itself to tell equal names apart. */
function keyPlaces(keys: readonly GroupKey[], i: number): number[] {
  const first = placeOf(keys, i);
  const last = first + (keys[i]?.columns.length ?? 1) - 1;
  return first === last ? [first] : [last, first];
}

function groupOf(
  { keys, sums, domain }: Parts & { readonly domain: Domain },
  tuple: readonly unknown[],
): Group {
  const group: Record<string, unknown> = {};
  const inside: (readonly [string, string, unknown])[] = [];
  let at = 0;
  for (const key of keys) {
    group[key.spec] = key.read(tuple, at);
    inside.push(...key.domain(tuple, at));
    at += key.columns.length;
  }
  for (const { spec, read } of sums) {
    group[spec] = read === undefined ? tuple[at] : read(tuple[at]);
    at += 1;
  }
  return { ...group, __count: tuple[at] as number, __domain: [...inside, ...domain] };
}
