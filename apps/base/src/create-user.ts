import { normalizeLogin } from "@holdfast/framework/identity/login-name";
import { groupsModel, usersModel } from "@holdfast/framework/identity/models";
import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";
import { companyModel } from "./company.ts";
import { partnerModel } from "./partner.ts";

/** A person to be let in. A password is set through identity afterwards, or an invitation sent. */
export interface NewUser {
  /** An email address, or a short name. */
  readonly login: string;
  readonly name: string;
  readonly email?: string;
  /** Keys of groups: `sales.user`. */
  readonly groups: readonly string[];
}

/**
 * Creates a user with a contact of their own, in the first company. Whoever calls this decides who may sign in:
 * it runs above all rights and is for the platform and for demo data. Safe to run twice: a login that is there
 * keeps its user, who then holds at least these groups.
 *
 * @returns the user's id.
 */
export async function createUser(env: Environment, user: NewUser): Promise<number> {
  return env.system("let a person in", async (system) => {
    const groupIds = await groupIdsOf(system, user.groups);
    const login = normalizeLogin(user.login);
    if (login === undefined)
      throw refusal("invalid", "The login is empty, too long or holds characters of control.");
    const users = system.of(usersModel);
    const [known] = await users.search([["login", "=", login]], { activeOnly: false, limit: 1 });
    if (known !== undefined) {
      await users.write([known], { groups_id: groupIds.map((id) => [4, id] as const) });
      return known;
    }
    const [company] = await system.of(companyModel).search([], { order: "id", limit: 1 });
    const email = user.email ?? (login.includes("@") ? login : null);
    const [partner] = await system.of(partnerModel).create([{ name: user.name, email }]);
    const [id] = await users.create([
      {
        login,
        name: user.name,
        email,
        partner_id: partner ?? null,
        company_id: company ?? null,
        company_ids: [[6, 0, company === undefined ? [] : [company]]],
        groups_id: [[6, 0, groupIds]],
      },
    ]);
    return id as number;
  });
}

/**
 * Creates the first administrator: holds every right that an installed app declares for its managers.
 *
 * @returns the user's id, for `identity.setPassword` or `identity.invite`.
 */
export function createAdministrator(env: Environment, person: Omit<NewUser, "groups">): Promise<number> {
  const inner = ["base.public", "base.portal"];
  const groups = [...env.registry.groups.keys()].filter(
    (key) => !inner.includes(key) && !key.startsWith("link."),
  );
  return createUser(env, { ...person, groups });
}

async function groupIdsOf(env: Environment, keys: readonly string[]): Promise<number[]> {
  const rows = await env.of(groupsModel).searchRead([["key", "in", keys]], ["key"]);
  const missing = keys.filter((key) => !rows.some((row) => row.key === key));
  if (missing.length > 0) throw refusal("not_found", `There is no group "${missing.join('", "')}".`);
  return rows.map((row) => row.id);
}
