import { passkeysModel, recoveryCodesModel, totpModel } from "@holdfast/framework/identity/factors/models";
import { linkKeysModel } from "@holdfast/framework/identity/link-keys-model";
import { apiKeysModel, linksModel, usersModel } from "@holdfast/framework/identity/models";
import { externalIdentitiesModel } from "@holdfast/framework/identity/providers/models";
import { sessionModel } from "@holdfast/framework/identity/session-model";
import type { Environment } from "@holdfast/framework/model/environment";
import { keepLostCompanies, keepLostGroups } from "./restored-groups.ts";
import { keepUnsubscribed } from "./unsubscribed.ts";

/** Rows that one statement changes. */
const atOnce = 1_000;
/** Users and keys of one database that are compared; a larger database is refused rather than half done. */
const maxRows = 1_000_000;

/**
 * What a restore over the live database must not bring back: rights that were taken away since. No session goes
 * on; a key that is gone today stays gone; whoever is switched off, or deleted, today is switched off; who was taken out
 * of a group or company stays out; a password that was changed since stays changed; a mailed link that was revoked or used
 * up, or whose key was changed, stays dead; who unsubscribed since gets no mails. Without today's database (it cannot be opened) every key ends.
 *
 * The database is not served yet. Source: THREATS "a session outlives the right"; claim BAK-5.
 */
export async function keepLossOfRights(env: Environment, today: Environment | null): Promise<void> {
  await endAllSessions(env);
  await endLostKeys(env, today);
  if (today === null) return;
  await keepUsersAsToday(env, today);
  await keepLostGroups(env, today);
  await keepLostCompanies(env, today);
  await keepFactorsAsToday(env, today);
  await keepLinksDead(env, today);
  await keepUnsubscribed(env, today);
}

/** Nobody is signed in any more. Of a copy, too. */
export async function endAllSessions(env: Environment): Promise<void> {
  const sessions = env.of(sessionModel);
  for (;;) {
    const ids = await sessions.search([], { limit: atOnce });
    if (ids.length === 0) return;
    await sessions.unlink(ids);
  }
}

async function endLostKeys(env: Environment, today: Environment | null): Promise<void> {
  const living = new Set<string>();
  const valid = await today
    ?.of(apiKeysModel)
    .searchRead([["revoked", "=", false]], ["prefix"], { limit: maxRows });
  for (const { prefix } of valid ?? []) living.add(prefix);
  const keys = await env.of(apiKeysModel).searchRead([], ["prefix"], { limit: maxRows });
  const lost = keys.filter(({ prefix }) => !living.has(prefix)).map(({ id }) => id);
  for (let at = 0; at < lost.length; at += atOnce)
    await env.of(apiKeysModel).unlink(lost.slice(at, at + atOnce));
}

async function keepUsersAsToday(env: Environment, today: Environment): Promise<void> {
  const fields = ["login", "active", "password_hash", "password_date"] as const;
  const options = { activeOnly: false, limit: maxRows };
  const now = new Map(
    (await today.of(usersModel).searchRead([], [...fields], options)).map((user) => [user.id, user]),
  );
  for (const user of await env.of(usersModel).searchRead([], [...fields], options)) {
    const current = now.get(user.id);
    if (user.active && !current?.active) await env.of(usersModel).write([user.id], { active: false });
    if (current !== undefined && current.password_hash !== user.password_hash)
      await env.of(usersModel).write([user.id], {
        password_hash: current.password_hash,
        password_date: current.password_date,
      });
  }
}

/**
 * Second factors are today's: one that was removed since opens nothing, one that was set up since is still asked for.
 * A way in from elsewhere that was unlinked since stays so.
 */
async function keepFactorsAsToday(env: Environment, today: Environment): Promise<void> {
  const here = new Map(
    (await env.of(usersModel).searchRead([], ["login"], { activeOnly: false, limit: maxRows })).map(
      (user) => [user.id, user.login],
    ),
  );
  const people = await today.of(usersModel).searchRead([], ["login"], { activeOnly: false, limit: maxRows });
  const same = new Set(people.filter(({ id, login }) => here.get(id) === login).map(({ id }) => id));
  for (const model of [totpModel, recoveryCodesModel, passkeysModel]) {
    await empty(env, model.name);
    const fields = Object.keys(model.fields);
    const rows = (await today
      .model(model.name)
      .searchRead([], fields as never, { limit: maxRows })) as unknown as readonly Record<string, unknown>[];
    const kept = rows.flatMap((row) => {
      const user = row["user_id"] as { readonly id: number };
      const values = Object.fromEntries(fields.map((name) => [name, row[name]]));
      return same.has(user.id) ? [{ ...values, user_id: user.id }] : [];
    });
    for (let at = 0; at < kept.length; at += atOnce)
      await env.model(model.name).create(kept.slice(at, at + atOnce) as never);
  }
  const linked = await today.of(externalIdentitiesModel).searchRead([], ["user_id"], { limit: maxRows });
  const links = new Set(linked.map(({ id, user_id }) => `${id} ${user_id.id}`));
  const former = await env.of(externalIdentitiesModel).searchRead([], ["user_id"], { limit: maxRows });
  const gone = former.filter(({ id, user_id }) => !links.has(`${id} ${user_id.id}`)).map(({ id }) => id);
  if (gone.length > 0) await env.of(externalIdentitiesModel).unlink(gone);
}

async function empty(env: Environment, model: string): Promise<void> {
  for (;;) {
    const ids = await env.model(model).search([], { activeOnly: false, limit: atOnce });
    if (ids.length === 0) return;
    await env.model(model).unlink(ids);
  }
}

async function keepLinksDead(env: Environment, today: Environment): Promise<void> {
  const ended = await today
    .of(linksModel)
    .searchRead(["|", ["revoked", "=", true], ["max_uses", ">", 0]], ["revoked", "uses", "max_uses"], {
      limit: maxRows,
    });
  const dead = ended.filter((one) => one.revoked || one.uses >= one.max_uses).map(({ id }) => id);
  for (let at = 0; at < dead.length; at += atOnce) {
    const ids = dead.slice(at, at + atOnce);
    const here = await env.of(linksModel).search([["id", "in", ids]], { limit: atOnce });
    if (here.length > 0) await env.of(linksModel).write(here, { revoked: true });
  }
  const keys = await today.of(linkKeysModel).searchRead([], ["version", "ends_at"], { limit: maxRows });
  for (const { version, ends_at } of keys) {
    const here = await env.of(linkKeysModel).search([["version", "=", version]], { limit: 1 });
    if (here.length > 0) await env.of(linkKeysModel).write(here, { ends_at });
    else await env.of(linkKeysModel).create([{ version, ends_at }]);
  }
}
