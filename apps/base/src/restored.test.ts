import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { groupsModel, linksModel, usersModel } from "@holdfast/framework/identity/models";
import type { Environment } from "@holdfast/framework/model/environment";
import { settleRestored } from "@holdfast/framework/modules/install";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { baseApp } from "./app.ts";
import { companyModel } from "./company.ts";
import { createUser } from "./create-user.ts";

/** As it was in the backup, and as it is today: of the same beginning, so with the same ids. */
let then: TestDatabase;
let today: TestDatabase;
before(async () => {
  [then, today] = await Promise.all([testDatabase([baseApp]), testDatabase([baseApp])]);
});
after(() => Promise.all([then?.close(), today?.close()]));

const inside = <T>(database: TestDatabase, work: (env: Environment) => Promise<T>) =>
  database.data.writing(database.system(), work);

const link = {
  purpose: "account.signup",
  res_model: "hf.signin.policy",
  res_id: 1,
  recipient: "di@acme.example",
  max_uses: 1,
  expires_at: Temporal.Instant.from("2100-01-01T00:00:00Z"),
};

async function begin(env: Environment) {
  const [first] = await env.of(companyModel).searchRead([], ["currency_id"], { order: "id", limit: 1 });
  const currency_id = first?.currency_id?.id as number;
  const [second] = await env.of(companyModel).create([{ name: "Second", currency_id }]);
  const [one, two] = [first?.id as number, second as number];
  const people: number[] = [];
  for (const login of ["demoted", "moved", "as-before"]) {
    const id = await createUser(env, { login, name: login, groups: ["base.user", "base.admin"] });
    await env.of(usersModel).write([id], { company_id: two, company_ids: [[6, 0, [one, two]]] });
    people.push(id);
  }
  const links = await env.of(linksModel).create([
    { ...link, nonce: "used up" },
    { ...link, nonce: "waiting" },
  ]);
  return { one, two, people, links };
}

test("a restore over live gives back no group and no company that was taken away since, and no link that was used up", async () => {
  const made = await inside(then, begin);
  assert.deepEqual(await inside(today, begin), made, "both have the same ids");
  const { one, two, people, links } = made;
  await inside(today, async (env) => {
    const [admin] = await env.of(groupsModel).search([["key", "=", "base.admin"]]);
    await env.of(usersModel).write([people[0] as number], { groups_id: [[3, admin as number]] });
    await env.of(usersModel).write([people[1] as number], { company_id: one, company_ids: [[3, two]] });
    await env.of(linksModel).write([links[0] as number], { uses: 1 });
  });
  await settleRestored(then.data, today.data);
  await inside(then, async (env) => {
    const keys = new Map((await env.of(groupsModel).searchRead([], ["key"])).map(({ id, key }) => [id, key]));
    const users = await env.of(usersModel).read(people, ["active", "groups_id", "company_id", "company_ids"]);
    assert.deepEqual(
      users.map((user) => ({
        active: user.active,
        admin: user.groups_id.some((id) => keys.get(id) === "base.admin"),
        inside: user.groups_id.some((id) => keys.get(id) === "base.user"),
        own: user.company_id?.id,
        allowed: [...user.company_ids].sort((a, b) => a - b),
      })),
      [
        { active: true, admin: false, inside: true, own: two, allowed: [one, two] },
        { active: true, admin: true, inside: true, own: one, allowed: [one] },
        { active: true, admin: true, inside: true, own: two, allowed: [one, two] },
      ],
    );
    const shown = await env.of(linksModel).read(links, ["revoked"]);
    assert.deepEqual(
      shown.map(({ revoked }) => revoked),
      [true, false],
    );
  });
});
