import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { usersModel } from "@holdfast/framework/identity/models";
import { trashModel } from "@holdfast/framework/model/trash/trash-model";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { baseApp } from "./app.ts";
import { eraseMarked, type Mark, marksOf } from "./erase.ts";
import { partnerModel } from "./partner.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([baseApp]);
});
after(() => db?.close());

test("who is erased while their contact lies in the trash does not come back from it, and others do", async () => {
  await db.data.writing(db.system(), async (env) => {
    const partners = env.of(partnerModel);
    const [mia, other] = await partners.create([
      { name: "Mia Sol", email: "mia@sol.example" },
      { name: "Other" },
    ]);
    await partners.unlink([mia as number, other as number]);
    const marks = await marksOf(env, mia as number);
    assert.ok(marks.length >= 2, "she is known by her record and her address");
    const marked = new Set<Mark>(marks);
    await eraseMarked(env, (mark) => marked.has(mark));
    const left = await env.of(trashModel).searchRead([], ["res_id"]);
    assert.deepEqual(
      left.map(({ res_id }) => res_id),
      [other],
    );
    await assert.rejects(partners.trashed.restore([mia as number]), { code: "not_found" });
    assert.deepEqual(await partners.trashed.restore([other as number]), { leftOut: [] });
    assert.deepEqual(await marksOf(env, 999_999), []);
  });
});

test("whose address only contains that of who is erased keeps what lies in the trash", async () => {
  await db.data.writing(db.system(), async (env) => {
    const partners = env.of(partnerModel);
    const [lee, annlee] = await partners.create([
      { name: "Lee", email: "lee@acme.example" },
      { name: "Ann Lee", email: "annlee@acme.example" },
    ]);
    const [about] = await partners.create([{ name: "About", comment: "Ask\nlee@acme.example" }]);
    await partners.unlink([annlee as number]);
    await partners.unlink([about as number]);
    const marks = new Set<Mark>(await marksOf(env, lee as number));
    await eraseMarked(env, (mark) => marks.has(mark));
    assert.deepEqual(await partners.trashed.restore([annlee as number]), { leftOut: [] });
    await assert.rejects(partners.trashed.restore([about as number]), { code: "not_found" });
  });
});

test("a contact with the address of somebody who signs in takes nothing of theirs along", async () => {
  await db.data.writing(db.system(), async (env) => {
    const login = "boss@acme.example";
    await env.of(usersModel).create([{ name: "The Boss", login, email: login }]);
    const [fake, said] = await env.of(partnerModel).create([
      { name: "Fake", email: login },
      { name: "Said", comment: `Ask ${login}` },
    ]);
    const marks = new Set<Mark>(await marksOf(env, fake as number));
    assert.deepEqual(
      [...marks].filter((mark) => mark.includes(login)),
      [],
    );
    await eraseMarked(env, (mark) => marks.has(mark));
    const [contact] = await env.of(partnerModel).read([fake as number], ["email", "active"]);
    assert.deepEqual([contact?.email, contact?.active], [null, false], "the contact itself is erased");
    const [other] = await env.of(partnerModel).read([said as number], ["comment"]);
    assert.match(String(other?.comment), /boss@acme/);
  });
});
