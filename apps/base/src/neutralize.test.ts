import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiKeysModel } from "@holdfast/framework/identity/models";
import { mailModel } from "@holdfast/framework/mail/models";
import { neutralize, settleRestored } from "@holdfast/framework/modules/install";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { baseApp } from "./app.ts";
import { createUser } from "./create-user.ts";
import { blankedInCopies, emptiedInCopies } from "./neutralize.ts";

let original: TestDatabase;
let today: TestDatabase;

before(async () => {
  original = await testDatabase([baseApp]);
  today = await testDatabase([baseApp]);
});
after(async () => {
  await original?.close();
  await today?.close();
});

/** Secret, and harmless in a copy: why. */
const harmless: Readonly<Record<string, string>> = {
  "res.users.password_hash": "people sign in to a copy with their passwords",
  "res.users.credential_version": "a number",
  "res.users.access_version_id": "a reference",
  "ir.attachment.sha256": "names a file that is part of the copy",
  "mail.mail.body_html": "held, and part of the data",
  "mail.mail.body_text": "held, and part of the data",
  "mail.mail.unsubscribe": "the mark of a link that the copy has not",
  "mail.mail.lease": "of a server that is not the copy's",
  "hf.webhook.delivery.body": "held, and part of the data",
  "hf.trash.content": "deleted records are part of the data; what goes into a trash has no secrets",
  "hf.webhook.delivery.lease": "of a server that is not the copy's",
};

test("every secret field is gone from a copy, or somebody has said why it may stay", () => {
  const left: string[] = [];
  for (const model of original.registry.models.values())
    for (const [name, field] of Object.entries(model.fields)) {
      const isSecret = (field as { readonly secret?: boolean }).secret === true;
      if (!isSecret || emptiedInCopies.includes(model.name)) continue;
      if (blankedInCopies[model.name]?.[name] === null) continue;
      if (!Object.hasOwn(harmless, `${model.name}.${name}`)) left.push(`${model.name}.${name}`);
    }
  assert.deepEqual(left, []);
});

const user = { login: "ann@acme.example", name: "Ann", groups: ["base.user"] };

test("in a copy no key, no link, no session and no waiting mail is left", async () => {
  await original.data.writing(original.system(), async (env) => {
    const id = await createUser(env, user);
    await env
      .of(apiKeysModel)
      .create([{ name: "canary", user_id: id, prefix: "hfk_canary", key_hash: "c".repeat(64) }]);
    await env.of(mailModel).create([
      {
        email_to: "canary@holdfast.invalid",
        subject: "Canary",
        state: "outgoing",
        message_id: "<canary@holdfast.invalid>",
        body_html: "-",
        body_text: "-",
        next_attempt: Temporal.Instant.fromEpochMilliseconds(0),
      } as never,
    ]);
  });
  await neutralize(original.data);
  const env = original.data.reading(original.system());
  for (const name of emptiedInCopies)
    if (env.registry.models.has(name)) assert.equal(await env.model(name).count([]), 0, name);
  assert.deepEqual(
    (await env.of(mailModel).searchRead([], ["state"])).map(({ state }) => state),
    ["held"],
  );
});

test("a restore over live ends what was taken away since: switched-off people and former passwords stay so", async () => {
  const ids = await Promise.all(
    [original, today].map((database) =>
      database.data.writing(database.system(), (env) =>
        createUser(env, { ...user, login: "bo@acme.example" }),
      ),
    ),
  );
  assert.equal(ids.length, 2);
  const find = (database: TestDatabase) =>
    database.data
      .reading(database.system())
      .model("res.users")
      .searchRead([["login", "=", "bo@acme.example"]], ["active", "password_hash"], { activeOnly: false });
  const set = async (database: TestDatabase, values: Record<string, unknown>) => {
    const [row] = await find(database);
    await database.data.writing(database.system(), (env) =>
      env.model("res.users").write([Number(row?.["id"])], values),
    );
  };
  await set(original, { password_hash: "of the backup" });
  await set(today, { password_hash: "of today" });
  await settleRestored(original.data, today.data);
  const [kept] = await find(original);
  assert.ok(kept?.["password_hash"] === "of today" || kept?.["active"] === false);
  await set(today, { active: false });
  await settleRestored(original.data, today.data);
  assert.equal((await find(original))[0]?.["active"], false);
});
