import { addMissing } from "@holdfast/app-base/base-data";
import { companyModel, countryModel } from "@holdfast/app-base/company";
import { createUser } from "@holdfast/app-base/create-user";
import { partnerCategoryModel, partnerModel } from "@holdfast/app-base/partner";
import { categoryModel, productModel, templateModel } from "@holdfast/app-products/product";
import { taxModel, uomModel } from "@holdfast/app-products/tax";
import { usersModel } from "@holdfast/framework/identity/models";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Model } from "@holdfast/framework/model/model";
import {
  demoCompany,
  demoCustomers,
  demoPrivateCustomers,
  demoProducts,
  demoQuotations,
  demoUsers,
} from "./demo-story.ts";
import { orderModel } from "./order.ts";
import { moveOrders } from "./order-state.ts";

const standardTax = "VAT 21 %";

/**
 * A furniture maker in Rīga with two people, some forty contacts, a price list and quotations in every state.
 * Safe to run twice: once the demo's products are there it does nothing. Passwords are set by whoever runs it.
 */
export async function loadDemoStory(env: Environment): Promise<void> {
  const there = await env.of(templateModel).count([["default_code", "=", demoProducts[0][1]]], { limit: 1 });
  if (there > 0) return;
  await nameCompany(env);
  for (const user of demoUsers) await createUser(env, user);
  await addProducts(env);
  await addCustomers(env);
  await addQuotations(env);
}

/** Takes the company over only while it still has the name that it came with. */
async function nameCompany(env: Environment): Promise<void> {
  const [id] = await env.of(companyModel).search([["name", "=", "My company"]], { limit: 1 });
  if (id === undefined) return;
  const { country, ...values } = demoCompany;
  const countries = await idsBy(env, countryModel, "code");
  await env.of(companyModel).write([id], { ...values, country_id: countries.get(country) ?? null });
}

async function addProducts(env: Environment): Promise<void> {
  await addMissing(env, taxModel, "name", [{ name: standardTax, amount: "21" }]);
  const categoryNames = [...new Set(demoProducts.map((product) => product[5]))];
  await addMissing(
    env,
    categoryModel,
    "name",
    categoryNames.map((name) => ({ name })),
  );
  const [taxes, categories, units] = [
    await idsBy(env, taxModel, "name"),
    await idsBy(env, categoryModel, "name"),
    await idsBy(env, uomModel, "name"),
  ];
  await env.of(templateModel).create(
    demoProducts.map(([name, default_code, list_price, standard_price, type, category, words]) => ({
      name,
      default_code,
      list_price,
      standard_price,
      type,
      categ_id: categories.get(category) ?? null,
      uom_id: units.get(name.includes("per hour") ? "Hours" : "Units") ?? null,
      description_sale: words || null,
      taxes_id: [[6, 0, [taxes.get(standardTax) as number]]],
    })),
  );
}

async function addCustomers(env: Environment): Promise<void> {
  const tagNames = [...new Set(demoCustomers.flatMap((customer) => customer[3]))];
  await addMissing(
    env,
    partnerCategoryModel,
    "name",
    tagNames.map((name) => ({ name })),
  );
  const [tags, countries] = [
    await idsBy(env, partnerCategoryModel, "name"),
    await idsBy(env, countryModel, "code"),
  ];
  const companyIds = await env.of(partnerModel).create(
    demoCustomers.map(([name, city, country, tagged], at) => ({
      name,
      is_company: true,
      email: `office@${domainOf(name)}`,
      phone: phoneOf(at),
      website: `https://${domainOf(name)}`,
      city,
      country_id: countries.get(country) ?? null,
      category_id: [[6, 0, tagged.flatMap((tag) => tags.get(tag) ?? [])]],
    })),
  );
  const people = demoCustomers.flatMap(([company, city, country, , staff], at) =>
    staff.map(([name, job], which) => ({
      name,
      function: job,
      parent_id: companyIds[at] ?? null,
      email: `${localPart(name)}@${domainOf(company)}`,
      phone: phoneOf(100 + at * 10 + which),
      city,
      country_id: countries.get(country) ?? null,
    })),
  );
  const private_ = demoPrivateCustomers.map(([name, city, country], at) => ({
    name,
    email: `${localPart(name)}@mail.example.com`,
    phone: phoneOf(300 + at),
    city,
    country_id: countries.get(country) ?? null,
  }));
  await env.of(partnerModel).create([...people, ...private_]);
}

async function addQuotations(env: Environment): Promise<void> {
  const [partners, products, users] = [
    await idsBy(env, partnerModel, "name"),
    await idsBy(env, productModel, "default_code"),
    await idsBy(env, usersModel, "login"),
  ];
  const [company] = await env.of(companyModel).search([], { order: "id", limit: 1 });
  const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  const ids = await env.of(orderModel).create(
    demoQuotations.map(([customer, login, , daysAgo, lines]) => ({
      partner_id: partners.get(customer) as number,
      user_id: users.get(login) ?? null,
      company_id: company as number,
      date_order: now.subtract({ hours: 24 * daysAgo + 2 }),
      order_line: lines.map(([code, quantity, discount], at) => [
        0,
        0,
        {
          sequence: 10 * (at + 1),
          product_id: products.get(code),
          product_uom_qty: quantity,
          discount,
        },
      ]),
    })),
  );
  for (const [at, [, , state]] of demoQuotations.entries()) {
    const id = ids[at] as number;
    if (state === "sent" || state === "sale") await moveOrders(env, [id], "send");
    if (state === "sale") await moveOrders(env, [id], "confirm");
    if (state === "cancel") await moveOrders(env, [id], "cancel");
  }
}

async function idsBy(env: Environment, model: Model, key: string): Promise<Map<string, number>> {
  const rows = await env.of(model).searchRead([], [key as never]);
  return new Map(rows.map((row) => [String((row as Readonly<Record<string, unknown>>)[key]), row.id]));
}

function domainOf(company: string): string {
  return `${localPart(company).replaceAll(".", "-")}.example.com`;
}

/** The name in the letters that an address takes: `sorine.hakonsen`. */
function localPart(name: string): string {
  const plain = name.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const spelt = plain.replace(/[øØłŁıßþÞ]/g, (letter) => spellings[letter] ?? "");
  return spelt
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\.|\.$/g, "");
}

const spellings: Readonly<Record<string, string>> = {
  ø: "o",
  Ø: "o",
  ł: "l",
  Ł: "l",
  ı: "i",
  ß: "ss",
  þ: "th",
  Þ: "th",
};

/** A number in a range kept for fiction. */
function phoneOf(at: number): string {
  return `+1 202 555 ${String(100 + (at % 100)).padStart(4, "0")}`;
}
