import { companyModel } from "@holdfast/app-base/company";
import { createUser } from "@holdfast/app-base/create-user";
import { partnerModel } from "@holdfast/app-base/partner";
import { orderModel } from "@holdfast/app-sales/order";
import { usersModel } from "@holdfast/framework/identity/models";
import type { DataSource, Environment } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import type { OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { withIdentity } from "../canary-caller.ts";
import type { NaivePerson } from "./naive-access.ts";

/** A user who holds one group and what it implies, with an API key. */
export interface Role extends NaivePerson {
  readonly group: string;
  readonly userId: number;
  readonly key: string;
}

const actor = probeActor("OWASP-5");
const loginOf = (group: string) => `probe-role-${group}`;
const loginPattern = "probe-role-%";
const recordName = "Probe of OWASP-5";

/** Lends users of every role, and records that belong to some of them and to another company, for the block alone. */
export async function withRoles<T>(
  context: ProbeContext,
  tenant: OpenedTenant,
  block: (roles: readonly Role[]) => Promise<T>,
): Promise<T> {
  const { data } = tenant;
  await removeAll(data);
  try {
    const people = await data.writing(actor, makePeople);
    await data.writing(actor, (env) => makeRecords(env, people));
    const keys = await withIdentity(context, tenant, async (identity) => {
      const made = new Map<string, string>();
      for (const [group, userId] of people)
        made.set(group, await identity.createApiKey(userId, "probe", { days: 1 }));
      return made;
    });
    return await block(await rolesOf(data, people, keys));
  } finally {
    await removeAll(data);
  }
}

async function makePeople(env: Environment): Promise<ReadonlyMap<string, number>> {
  const people = new Map<string, number>();
  for (const group of env.registry.groups.keys())
    if (group !== "base.public" && !group.startsWith("link."))
      people.set(group, await createUser(env, { login: loginOf(group), name: recordName, groups: [group] }));
  return people;
}

/** Quotations of each of them and of nobody, contacts of their company and of another. */
async function makeRecords(env: Environment, people: ReadonlyMap<string, number>): Promise<void> {
  const [mine] = await env.of(companyModel).search([], { order: "id", limit: 1 });
  const like = await env.of(companyModel).read([present(mine, "a company")], ["currency_id"]);
  const [other] = await env
    .of(companyModel)
    .create([{ name: recordName, currency_id: like[0]?.currency_id?.id ?? 0 } as never]);
  const partners = await env
    .of(partnerModel)
    .create([mine, other, null].map((company_id) => ({ name: recordName, company_id: company_id ?? null })));
  if (!env.registry.models.has(orderModel.name)) return;
  const owners = [...people.values(), null];
  const orders = [mine, other].flatMap((company) =>
    owners.map((user_id) => ({
      partner_id: present(partners[2], "a contact"),
      company_id: present(company, "a company"),
      user_id,
    })),
  );
  await env.of(orderModel).create(orders as never);
}

async function rolesOf(
  data: DataSource,
  people: ReadonlyMap<string, number>,
  keys: ReadonlyMap<string, string>,
): Promise<Role[]> {
  const rows = await data
    .reading(actor)
    .of(usersModel)
    .read([...people.values()], ["partner_id", "company_id", "company_ids"]);
  return [...people].map(([group, userId]) => {
    const row = present(
      rows.find(({ id }) => id === userId),
      "a user",
    );
    const companies = new Set([row.company_id?.id, ...row.company_ids].filter((id) => id !== undefined));
    return {
      group,
      userId,
      key: present(keys.get(group), "a key"),
      groups: new Set([group]),
      values: { user_id: userId, partner_id: row.partner_id?.id ?? null, company_ids: [...companies] },
    };
  });
}

/** Also what a killed probe left. */
async function removeAll(data: DataSource): Promise<void> {
  await data.writing(actor, async (env) => {
    const everything = { activeOnly: false };
    const users = await env.of(usersModel).search([["login", "=like", loginPattern]], everything);
    if (env.registry.models.has(orderModel.name)) {
      const orders = await env.of(orderModel).search([["partner_id.name", "=", recordName]], everything);
      if (orders.length > 0) await env.of(orderModel).unlink(orders);
    }
    if (users.length > 0) await env.of(usersModel).unlink(users);
    const partners = await env.of(partnerModel).search([["name", "=", recordName]], everything);
    if (partners.length > 0) await env.of(partnerModel).unlink(partners);
    const companies = await env.of(companyModel).search([["name", "=", recordName]], everything);
    if (companies.length > 0) await env.of(companyModel).unlink(companies);
  });
}
