import { companyModel } from "@holdfast/app-base/company";
import { currencyModel } from "@holdfast/app-base/currency";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Compute } from "@holdfast/framework/model/model";
import { nested } from "@holdfast/framework/model/selection";

/**
 * For computes: the currency of each record's company, or of the first company where the record has none.
 * Two queries for all records.
 *
 * @param model - one with a `company_id` and a `currency_id`.
 */
export async function companyCurrency(
  env: Environment,
  model: string,
  ids: readonly number[],
): ReturnType<Compute["run"]> {
  const rows = (await env.model(model).read(ids, ["company_id" as never])) as unknown as readonly {
    readonly id: number;
    readonly company_id: { readonly id: number } | null;
  }[];
  // With the digits, for whoever counts in it next: they are in hand then.
  const companies = await env
    .of(companyModel)
    .searchNested(
      [],
      { currency_id: nested(currencyModel, { decimal_places: true }) },
      { order: "id", activeOnly: false },
    );
  const currencyOf = new Map(companies.map((company) => [company.id, company.currency_id?.id ?? null]));
  const first = companies[0]?.currency_id?.id ?? null;
  return new Map(
    rows.map((row) => [row.id, { currency_id: currencyOf.get(row.company_id?.id ?? 0) ?? first }]),
  );
}
