import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { identityApp } from "../../testing/identity-app.ts";
import { externalUser } from "./external-user.ts";
import { providersModel } from "./models.ts";
import { providerOf } from "./provider.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([identityApp]);
});
after(() => db?.close());

test("a provider that is switched off while it answers lets nobody in", async () => {
  const person = {
    issuer: "https://id.example",
    subject: "42",
    login: "eve@acme.example",
    name: "Eve",
    verifiedMail: "eve@acme.example",
    groups: [],
  };
  const given = { name: "Id", kind: "oidc" as const, url: "https://id.example", client_id: "hf" };
  await db.data.writing(db.system(), async (env) => {
    const [id] = await env.of(providersModel).create([{ ...given, active: true, create_users: true }]);
    const asRead = (await providerOf(env, id as number)) ?? assert.fail("it is there");
    assert.equal((await externalUser(env, asRead, person)).kind, "user");
    await env.of(providersModel).write([id as number], { active: false });
    assert.deepEqual(await externalUser(env, asRead, person), {
      kind: "refused",
      reason: "provider is switched off",
      userId: null,
    });
  });
});
