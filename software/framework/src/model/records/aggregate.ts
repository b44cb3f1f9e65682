import { ExpectedError } from "@holdfast/kernel/errors";
import { type Sql, sql } from "../../sql/sql.ts";
import type { AmountOf } from "../environment.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { readValue } from "./derived.ts";
import { relatedName } from "./order.ts";
import { knownField } from "./unknown-field.ts";
import type { Place } from "./where.ts";

/** One aggregated field. */
export interface Aggregate {
  /** As it was asked for: `"amount_total:sum"`. */
  readonly spec: string;
  readonly column: Sql;
  /** Where the value is not what PostgreSQL gives; groups are not sorted by it. */
  read?(cell: unknown): unknown;
}

/** Sums amounts of each currency by itself: what is in different currencies has no sum. */
const byCurrency = "by_currency";

type Kinds = ReadonlySet<Field["kind"]>;

const numbers: Kinds = new Set(["integer", "decimal", "money"]);
const ordered: Kinds = new Set(["integer", "decimal", "money", "date", "datetime"]);
const countable: Kinds = new Set([...ordered, "text", "boolean", "selection", "many2one"]);

const functions: Readonly<Record<string, { readonly on: Kinds; write(own: Sql): Sql }>> = {
  sum: { on: numbers, write: (own) => sql`sum(${own})` },
  avg: { on: numbers, write: (own) => sql`avg(${own})` },
  min: { on: ordered, write: (own) => sql`min(${own})` },
  max: { on: ordered, write: (own) => sql`max(${own})` },
  count: { on: countable, write: (own) => sql`count(${own})` },
  count_distinct: { on: countable, write: (own) => sql`count(DISTINCT ${own})` },
};

/** Reads `"field"` or `"field:function"`. Exact numbers come out as text. @throws `invalid`. */
export function aggregateOf(
  context: Context,
  model: Model,
  spec: string,
  place: Place & { readonly fields: ReadonlySet<string> },
): Aggregate {
  const [name = "", called = "sum", ...rest] = spec.split(":");
  const field = knownField(context, model, name, place.fields);
  if (
    called === byCurrency &&
    rest.length === 0 &&
    field.kind === "money" &&
    field.currencyField !== undefined &&
    // A currency that one may not read is not even named: then there is no such sum.
    place.fields.has(field.currencyField)
  )
    return { spec, ...amountsByCurrency(context, model, { name, field }, place) };
  const found = Object.hasOwn(functions, called) ? functions[called] : undefined;
  if (found === undefined || rest.length > 0 || field.computed !== undefined || !found.on.has(field.kind))
    throw new ExpectedError("invalid", `"${model.label}" cannot be aggregated by "${spec.slice(0, 64)}".`, {
      hint: `Write a field and one of ${[...Object.keys(functions), byCurrency].join(", ")}: "amount_total:sum".`,
    });
  return { spec, column: found.write(readValue(context, model, { name, field, place })) };
}

/**
 * A JSON list of currency, its name, and the sum as exact text, in the order of the currencies; not set amounts are left
 * out. The currency must be the actor's to read, and its name comes under its own model's rule.
 */
function amountsByCurrency(
  context: Context,
  model: Model,
  { name, field }: { readonly name: string; readonly field: Field },
  place: Place & { readonly fields: ReadonlySet<string> },
): Omit<Aggregate, "spec"> {
  const owner = field.currencyField ?? "";
  const currency = knownField(context, model, owner, place.fields);
  const amounts = readValue(context, model, { name, field, place });
  const currencies = readValue(context, model, { name: owner, field: currency, place });
  const shown = relatedName(context, currency, sql`"hf_s"."of"`, place) ?? sql`NULL::text`;
  return {
    column: sql`(SELECT json_agg(json_build_array("hf_s"."of", ${shown}, "hf_s"."sum"::text) ORDER BY "hf_s"."of")::text
      FROM (SELECT "hf_a"."of", sum("hf_a"."amount") AS "sum" FROM unnest(array_agg(${currencies}), array_agg(${amounts})) AS "hf_a"("of", "amount")
        WHERE "hf_a"."amount" IS NOT NULL GROUP BY "hf_a"."of") AS "hf_s")`,
    read: (cell) => (cell === null ? [] : (JSON.parse(cell as string) as CurrencySum[]).map(amountOf)),
  };
}

type CurrencySum = readonly [number | null, string | null, string];

function amountOf([id, name, sum]: CurrencySum): AmountOf {
  return { currency: id === null ? null : { id, displayName: name ?? "" }, sum };
}
