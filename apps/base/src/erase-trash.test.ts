import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
