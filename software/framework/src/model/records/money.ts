import { ident, literal, type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import { isKeyed } from "../keyed.ts";
import type { Model } from "../model.ts";
import { isDerived, isStored, tableOf } from "../storage.ts";
import type { Context } from "./context.ts";

/** Digits after the point where an amount has no currency, or one that does not say. */
const usualDigits = 2;
/** Where a currency says how many it has. */
const digitsField = "decimal_places";

/**
 * An amount rounded to the digits of its record's currency, the middle away from zero, in the statement that stores it:
 * what is kept is what is shown and summed. Other values stay as they are; so does an amount whose currency is read
 * from another record, which nobody but a compute may write.
 *
 * @param currency - the value of the currency's field in the row as it will be; null where it has none.
 */
export function inItsCurrency(
  { registry }: Pick<Context, "registry">,
  model: Model,
  { name, value, currency }: Amount,
): Sql {
  const field = model.fields[name];
  if (field?.kind !== "money" || !isStored(field)) return value;
  const owner = model.fields[field.currencyField ?? ""];
  if (owner === undefined || isDerived(owner)) return value;
  const currencies = registry.model(owner.target ?? "");
  const of = currency(field.currencyField ?? "");
  const known = Object.hasOwn(currencies.fields, digitsField) && of !== null;
  const digits = known
    ? sql`COALESCE((SELECT "hf_c".${ident(digitsField)} FROM ${ident(tableOf(currencies))} "hf_c" WHERE "hf_c"."id" = ${of}), ${literal(usualDigits)})`
    : literal(usualDigits);
  if (!isKeyed(field)) return sql`round(${value}, ${digits})`;
  return sql`COALESCE((SELECT jsonb_object_agg("hf_k", to_jsonb(round("hf_x"::numeric, ${digits})::text)) FROM jsonb_each_text(${value}) AS "hf_m"("hf_k", "hf_x")), ${value})`;
}

/** An amount on its way into a row. */
export interface Amount {
  readonly name: string;
  readonly value: Sql;
  readonly currency: (field: string) => Sql | null;
}

/** Amounts that are rounded anew because their currency is set, though they are not. */
export function followingAmounts(model: Model, set: readonly string[]): string[] {
  return moneyFields(model)
    .filter(([name, field]) => !set.includes(name) && set.includes(field.currencyField ?? ""))
    .map(([name]) => name);
}

/** Amounts among these columns that another value may be stored for than was given: one value each. */
export function roundedAmounts(model: Model, names: readonly string[]): string[] {
  return moneyFields(model)
    .filter(([name, field]) => names.includes(name) && !isKeyed(field))
    .map(([name]) => name);
}

function moneyFields(model: Model): (readonly [string, Field])[] {
  return Object.entries(model.fields).filter(([, field]) => field.kind === "money" && isStored(field));
}
