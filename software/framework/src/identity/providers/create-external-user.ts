import type { Environment } from "../../model/environment.ts";
import type { X2manyCommand } from "../../model/field.ts";
import { usersModel } from "../models.ts";

/**
 * Makes a user for somebody whom a provider vouches for, or a mailed link: with a contact, in the first company, in
 * one group for new users or none, without a password. @returns its id.
 */
export async function createExternalUser(
  system: Environment,
  groupId: number | null,
  person: { readonly login: string; readonly name: string; readonly verifiedMail: string },
): Promise<number> {
  const name = person.name.trim().slice(0, 256) || person.login;
  const email = person.verifiedMail === "" ? null : person.verifiedMail.slice(0, 254);
  const partners = system.model("res.partner");
  const contact = "email" in partners.model.fields ? { name, email } : { name };
  const [partner] = await partners.create([contact]);
  const [company] = await system.model("res.company").search([], { order: "id", limit: 1 });
  const groups: X2manyCommand[] = groupId === null ? [] : [[4, groupId]];
  const [id] = await system.of(usersModel).create([
    {
      login: person.login,
      name,
      email,
      partner_id: partner ?? null,
      company_id: company ?? null,
      company_ids: company === undefined ? [] : [[4, company]],
      groups_id: groups,
    },
  ]);
  return id as number;
}
