import { groupsModel, usersModel } from "@holdfast/framework/identity/models";
import type { Environment } from "@holdfast/framework/model/environment";

/** Users of one database that are compared; as in restored.ts. */
const maxRows = 1_000_000;

/** Who holds a group no more today does not get it back; groups that today's database does not know stay. */
export async function keepLostGroups(env: Environment, today: Environment): Promise<void> {
  const keysOf = async (of: Environment) =>
    new Map(
      (await of.of(groupsModel).searchRead([], ["key"], { limit: maxRows })).map(({ id, key }) => [id, key]),
    );
  const [here, there] = [await keysOf(env), await keysOf(today)];
  const known = new Set(there.values());
  const held = new Map(
    (await everybody(today)).map((user) => [user.id, new Set(user.groups_id.map((id) => there.get(id)))]),
  );
  for (const { id, groups_id } of await everybody(env)) {
    const lost = groups_id.filter((group) => {
      const key = here.get(group) ?? "";
      return known.has(key) && held.get(id)?.has(key) === false;
    });
    if (lost.length > 0)
      await env.of(usersModel).write([id], { groups_id: lost.map((group) => [3, group] as const) });
  }
}

/** Likewise companies; who is left with none is switched off. */
export async function keepLostCompanies(env: Environment, today: Environment): Promise<void> {
  const held = new Map((await everybody(today)).map((user) => [user.id, companiesOf(user)]));
  for (const user of await everybody(env)) {
    const allowed = held.get(user.id);
    const lost = [...companiesOf(user)].filter((company) => allowed?.has(company) === false);
    if (lost.length === 0) continue;
    const kept = [...companiesOf(user)].filter((company) => allowed?.has(company));
    const own = kept.find((company) => company === user.company_id?.id) ?? kept[0];
    await env.of(usersModel).write([user.id], {
      company_ids: lost.map((company) => [3, company] as const),
      ...(own === undefined ? { active: false } : { company_id: own }),
    });
  }
}

function everybody(of: Environment) {
  return of
    .of(usersModel)
    .searchRead([], ["groups_id", "company_id", "company_ids"], { activeOnly: false, limit: maxRows });
}

function companiesOf(user: Awaited<ReturnType<typeof everybody>>[number]): Set<number> {
  return new Set([...(user.company_id === null ? [] : [user.company_id.id]), ...user.company_ids]);
}
