import { describeModels } from "@holdfast/framework/administration/describe-models";
import { groupsModel } from "@holdfast/framework/identity/models";
import { ensureSignInPolicy } from "@holdfast/framework/identity/signin-policy";
import { ensureMailLimits } from "@holdfast/framework/mail/limits";
import type { Environment } from "@holdfast/framework/model/environment";
import { languageCodes } from "@holdfast/framework/model/languages";
import type { Model, Values } from "@holdfast/framework/model/model";
import { companyModel, countryModel, countryStateModel } from "./company.ts";
import { currencyModel, langModel } from "./currency.ts";
import { commonCurrencies, countryCodes, currencyCodes, currencyDecimals, states } from "./iso-data.ts";

/** What the first company is called until somebody names it. */
const firstCompanyName = "My company";

/** Countries, currencies, languages, groups, the first company. Adds what is missing, changes nothing that is there. */
export async function createBaseData(env: Environment): Promise<void> {
  await describeModels(env);
  await addMissing(env, groupsModel, "key", groups(env));
  await addMissing(env, countryModel, "code", countries());
  await addMissing(env, currencyModel, "name", currencies());
  await addMissing(env, langModel, "code", languages());
  await addStates(env);
  await addFirstCompany(env);
  await ensureSignInPolicy(env);
  await ensureMailLimits(env);
}

/** Creates those of `rows` whose `key` no record has yet, archived ones counted. One query, one insert. */
export async function addMissing<M extends Model>(
  env: Environment,
  model: M,
  key: keyof M["fields"] & string,
  rows: readonly Values<M>[],
): Promise<void> {
  const keyOf = (row: object) => (row as Readonly<Record<string, unknown>>)[key];
  const there = await env
    .of(model as Model)
    .searchRead([[key, "in", rows.map(keyOf)]], [key as never], { activeOnly: false, limit: rows.length });
  const known = new Set(there.map((row) => (row as Readonly<Record<string, unknown>>)[key]));
  const missing = rows.filter((row) => !known.has(keyOf(row)));
  if (missing.length > 0) await env.of(model).create(missing);
}

function groups(env: Environment): Values<typeof groupsModel>[] {
  return [...env.registry.groups.values()].map((group) => ({ key: group.key, name: group.label }));
}

function countries(): Values<typeof countryModel>[] {
  const nameOf = new Intl.DisplayNames("en", { type: "region" });
  return countryCodes.map((code) => ({ code, name: nameOf.of(code) ?? code }));
}

function currencies(): Values<typeof currencyModel>[] {
  const nameOf = new Intl.DisplayNames("en", { type: "currency" });
  return currencyCodes.map((code) => ({
    name: code,
    full_name: nameOf.of(code) ?? code,
    symbol: symbolOf(code),
    decimal_places: currencyDecimals.get(code) ?? 2,
    active: commonCurrencies.has(code),
  }));
}

function symbolOf(code: string): string {
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency: code,
    currencyDisplay: "narrowSymbol",
  });
  return format.formatToParts(0).find((part) => part.type === "currency")?.value ?? code;
}

function languages(): Values<typeof langModel>[] {
  const nameOf = new Intl.DisplayNames("en", { type: "language" });
  return languageCodes.map((code) => ({ code, name: nameOf.of(code.replace("_", "-")) ?? code }));
}

async function addStates(env: Environment): Promise<void> {
  if ((await env.of(countryStateModel).count([], { limit: 1 })) > 0) return;
  const holders = await env.of(countryModel).searchRead([["code", "in", Object.keys(states)]], ["code"]);
  const rows = holders.flatMap((country) =>
    (states[country.code] ?? "").split("|").map((entry) => {
      const [code = "", ...words] = entry.split(" ");
      return { code, name: words.join(" "), country_id: country.id };
    }),
  );
  await env.of(countryStateModel).create(rows);
}

async function addFirstCompany(env: Environment): Promise<void> {
  if ((await env.of(companyModel).count([], { limit: 1, activeOnly: false })) > 0) return;
  const [euro] = await env.of(currencyModel).search([["name", "=", "EUR"]], { limit: 1 });
  if (euro !== undefined) await env.of(companyModel).create([{ name: firstCompanyName, currency_id: euro }]);
}

/** Names the first company, unless somebody has named it already. Safe to run twice. */
export async function nameFirstCompany(env: Environment, name: string): Promise<void> {
  const unnamed = await env
    .of(companyModel)
    .search([["name", "=", firstCompanyName]], { order: "id", limit: 1 });
  if (unnamed.length > 0) await env.of(companyModel).write(unnamed, { name });
}
