import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { attachmentModel } from "../../files/attachment-model.ts";
import type { App } from "../../modules/app.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, products, shopApp } from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";
import { trashModel } from "./trash-model.ts";

/** A keeper may delete every product, and reads those of a category that nobody buys. */
const app: App = {
  ...shopApp,
  groups: [...(shopApp.groups ?? []), { key: "shop.keeper", label: "Keeper" }],
  rights: [
    ...(shopApp.rights ?? []),
    { group: "shop.keeper", model: "shop.product", allow: ["read", "delete"] },
  ],
  rules: [
    ...(shopApp.rules ?? []),
    {
      key: "keeper-reads",
      model: "shop.product",
      label: "Keepers read what is of a category, and nobody's",
      groups: ["shop.keeper"],
      operations: ["read"],
      condition: "user_id == null && category_id != null",
    },
  ],
  models: [
    ...shopApp.models.map((model) =>
      model.name === products.name ? { ...model, trash: true as const } : model,
    ),
    trashModel,
    attachmentModel,
  ],
};

let db: TestDatabase;
before(async () => {
  db = await testDatabase([app]);
});
after(() => db?.close());

const system = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const keeper = () => db.actor({ userId: 1, groups: ["shop.keeper"] });
const asKeeper = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(keeper(), work);

/** A product in the trash, and the category that it was of. */
async function trashed(values: { readonly user_id?: number }) {
  return system(async (env) => {
    const [category_id = 0] = await env.of(categories).create([{ name: "Shelf" }]);
    const [id = 0] = await env.of(products).create([{ name: "Rake", category_id, ...values }]);
    await env.of(products).unlink([id]);
    return { id, category_id };
  });
}

test("who may delete a record and not read it finds it in the trash neither, and does not restore it", async () => {
  const { id } = await trashed({ user_id: 1 });
  const seen = await asKeeper((env) => env.of(products).trashed.search());
  assert.deepEqual(seen.entries, []);
  for (const step of ["restore", "remove"] as const)
    await assert.rejects(
      asKeeper<unknown>((env) => env.of(products).trashed[step]([id])),
      { code: "not_found" },
    );
  assert.deepEqual(await system((env) => env.of(products).trashed.restore([id])), { leftOut: [] });
});

test("what would be out of reach once it is back, as a relation of it is gone, stays in the trash", async () => {
  const { id, category_id } = await trashed({});
  assert.equal((await asKeeper((env) => env.of(products).trashed.search())).entries.length, 1);
  await system((env) => env.of(categories).unlink([category_id]));
  await assert.rejects(
    asKeeper((env) => env.of(products).trashed.restore([id], { leaveOut: true })),
    { code: "not_found" },
  );
  const { leftOut } = await system((env) => env.of(products).trashed.restore([id], { leaveOut: true }));
  assert.equal(leftOut.length, 1);
});
