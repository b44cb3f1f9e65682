import { currencyModel } from "@holdfast/app-base/currency";
import type { Environment } from "@holdfast/framework/model/environment";

/** Digits of a record's currency, or 2 where it has none yet. Two queries for all records. */
export async function currencyDigits(
  env: Environment,
  model: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = (await env.model(model).read(ids, ["currency_id" as never])) as unknown as readonly {
    readonly id: number;
    readonly currency_id: { readonly id: number } | null;
  }[];
  const used = [...new Set(rows.flatMap((row) => (row.currency_id === null ? [] : [row.currency_id.id])))];
  const currencies = used.length === 0 ? [] : await env.of(currencyModel).read(used, ["decimal_places"]);
  const digits = new Map(currencies.map((currency) => [currency.id, currency.decimal_places]));
  return new Map(rows.map((row) => [row.id, digits.get(row.currency_id?.id ?? 0) ?? 2]));
}
