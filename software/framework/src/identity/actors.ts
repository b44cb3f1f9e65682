import type { Actor, GroupKey } from "../access/actor.ts";
import { AddedPolicies } from "../administration/added-policies.ts";
import type { DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { groupsModel, usersModel } from "./models.ts";

/** What of a user an actor is made of. */
export const actorFields = [
  "active",
  "partner_id",
  "company_id",
  "company_ids",
  "groups_id",
  "lang",
  "tz",
  "access_version_id",
] as const;
export type ActorRow = Row<typeof usersModel, (typeof actorFields)[number]>;

/**
 * Builds actors from rows of `res.users`. Keeps only what can never change: which key a group's id has; who is
 * active and who holds what is read every time.
 */
export class Actors {
  readonly #keys = new Map<number, GroupKey>();
  readonly #added = new AddedPolicies();

  /**
   * @param domain - which user; archived users are never found. One statement, more when a group is new here or
   * somebody changed what is added to the declared rights.
   */
  async find(env: Environment, domain: DomainOf<typeof usersModel>): Promise<Actor | null> {
    return (await this.findAll(env, domain, 1))[0] ?? null;
  }

  /** @param limit - at most so many. As many statements as for one: they do not grow with the users. */
  async findAll(env: Environment, domain: DomainOf<typeof usersModel>, limit: number): Promise<Actor[]> {
    const rows = await env.system("find out who asks", (system) =>
      system.of(usersModel).searchRead([...domain, ["active", "=", true]], actorFields, { limit }),
    );
    await this.#learnKeys(
      env,
      rows.flatMap((row) => row.groups_id),
    );
    const actors: Actor[] = [];
    // One after the other: the first one's added policy is there for the others.
    for (const row of rows) actors.push(await this.#actor(env, row));
    return actors;
  }

  /** The actor of a user's row that was read with {@link actorFields}; null for an archived one. */
  of(env: Environment, row: ActorRow): Promise<Actor | null> {
    return row.active ? this.#actor(env, row) : Promise.resolve(null);
  }

  async #actor(env: Environment, row: ActorRow): Promise<Actor> {
    const own = row.company_id === null ? [] : [row.company_id.id];
    const added = await this.#added.of(env, row.access_version_id.displayName);
    return {
      kind: "user",
      groups: closedGroups(env.registry, await this.#keysOf(env, row.groups_id)),
      userId: row.id,
      partnerId: row.partner_id?.id ?? null,
      companyIds: [...new Set([...own, ...row.company_ids])],
      recordId: null,
      reason: "",
      language: row.lang ?? "en",
      timeZone: row.tz ?? "UTC",
      ...(added && { added }),
    };
  }

  async #keysOf(env: Environment, ids: readonly number[]): Promise<GroupKey[]> {
    await this.#learnKeys(env, ids);
    return ids.flatMap((id) => this.#keys.get(id) ?? []);
  }

  async #learnKeys(env: Environment, ids: readonly number[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#keys.has(id));
    if (unknown.length === 0) return;
    const rows = await env.system("learn the keys of groups", (system) =>
      system.of(groupsModel).searchRead([["id", "in", unknown]], ["key"], { limit: unknown.length }),
    );
    for (const row of rows) this.#keys.set(row.id, row.key);
  }
}

/** @returns the groups and all that they imply; a key that no app declares grants nothing. */
export function closedGroups(registry: Registry, keys: readonly GroupKey[]): ReadonlySet<GroupKey> {
  const closed = new Set<GroupKey>();
  const open = [...keys];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const group = registry.groups.get(key);
    if (group === undefined || closed.has(key)) continue;
    closed.add(key);
    open.push(...(group.implies ?? []));
  }
  return closed;
}
