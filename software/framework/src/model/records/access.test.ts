import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { lines, orders, products, remarks, shopApp, tags, users } from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";

let db: TestDatabase;
let ann: number;
let bob: number;
const as = (userId: number) => db.actor({ groups: ["shop.user"], userId });
const manager = () => db.actor({ groups: ["shop.user", "shop.manager"], userId: ann });
const reading = (userId: number) => db.data.reading(as(userId));
const writing = <T>(userId: number, work: (env: Environment) => Promise<T>) =>
  db.data.writing(as(userId), work);
const system = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);

before(async () => {
  db = await testDatabase([shopApp]);
  [ann, bob] = (await system((env) => env.of(users).create([{ name: "Ann" }, { name: "Bob" }]))) as [
    number,
    number,
  ];
});
after(() => db.close());

/** An order of Bob that Ann may not see. */
async function hidden(): Promise<number> {
  const [id] = await writing(bob, (env) =>
    env.of(orders).create([{ name: "Bob's", line_ids: [[0, 0, { price: "5" }]] }]),
  );
  return id as number;
}

async function own(name = "Ann's"): Promise<number> {
  const [id] = await writing(ann, (env) => env.of(orders).create([{ name }]));
  return id as number;
}

describe("what no right grants is denied", () => {
  test("a model without a right for any group of the actor", async () => {
    const clerk = db.actor({ groups: ["shop.clerk"], userId: ann });
    await assert.rejects(db.data.reading(clerk).of(products).search([]), { code: "access_denied" });
    await assert.rejects(
      db.data.writing(clerk, (env) => env.of(products).create([{ name: "x" }])),
      { code: "access_denied" },
    );
  });

  test("an operation that the right does not name", async () => {
    const [id] = await system((env) => env.of(products).create([{ name: "Rake" }]));
    await assert.rejects(
      writing(ann, (env) => env.of(products).write([id as number], { name: "x" })),
      { code: "access_denied" },
    );
    await assert.rejects(
      writing(ann, (env) => env.of(products).unlink([id as number])),
      { code: "access_denied" },
    );
  });

  test("an actor without groups sees no model", async () => {
    await assert.rejects(db.data.reading(db.actor()).of(orders).count([]), { code: "access_denied" });
  });
});

describe("a record that a rule hides answers like one that does not exist", () => {
  const missing = 2_000_000_000;
  const answer = async (work: (id: number) => Promise<unknown>, id: number) =>
    work(id).then(
      (result) => ({ result }),
      ({ code, message, hint }) => ({ code, message, hint }),
    );

  test("in every verb, word for word", async () => {
    const id = await hidden();
    const verbs: ((id: number) => Promise<unknown>)[] = [
      (one) => reading(ann).of(orders).read([one], ["name"]),
      (one) => reading(ann).of(orders).exists([one]),
      (one) =>
        reading(ann)
          .of(orders)
          .search([["id", "=", one]]),
      (one) =>
        reading(ann)
          .of(orders)
          .count([["id", "=", one]]),
      (one) => writing(ann, (env) => env.of(orders).write([one], { name: "mine" })),
      (one) => writing(ann, (env) => env.of(orders).unlink([one])),
      (one) => writing(ann, (env) => env.of(orders).copy(one)),
      (one) => writing(ann, (env) => env.of(remarks).create([{ name: "x", order_id: one }])),
      (one) => writing(ann, (env) => env.of(lines).create([{ order_id: one }])),
    ];
    for (const verb of verbs)
      assert.deepEqual(await answer(verb, id), await answer(verb, missing), verb.toString());
  });

  test("and is neither changed nor deleted", async () => {
    const id = await hidden();
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { name: "mine" })),
      { code: "not_found" },
    );
    await assert.rejects(
      writing(ann, (env) => env.of(orders).unlink([id])),
      { code: "not_found" },
    );
    assert.equal((await reading(bob).of(orders).read([id], ["name"]))[0]?.name, "Bob's");
  });

  test("one hidden record among others stops the whole write", async () => {
    const [mine, his] = [await own(), await hidden()];
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([mine, his], { name: "x" })),
      { code: "not_found" },
    );
    assert.equal((await reading(ann).of(orders).read([mine], ["name"]))[0]?.name, "Ann's");
  });

  test("its name is empty where another record refers to it", async () => {
    const [secret] = await system((env) => env.of(products).create([{ name: "Secret", user_id: bob }]));
    const id = await own();
    await system((env) => env.of(orders).write([id], { product_id: secret as number }));
    const [row] = await reading(ann).of(orders).read([id], ["product_id"]);
    assert.deepEqual(row?.product_id, { id: secret, displayName: "" });
  });

  test("it is left out of collections, and stays in them when they are replaced", async () => {
    const [his] = await writing(bob, (env) => env.of(tags).create([{ name: "his", user_id: bob }]));
    const [mine] = await writing(ann, (env) => env.of(tags).create([{ name: "mine", user_id: ann }]));
    const id = await own();
    await system((env) => env.of(orders).write([id], { tag_ids: [[6, 0, [his as number]]] }));
    assert.deepEqual((await reading(ann).of(orders).read([id], ["tag_ids"]))[0]?.tag_ids, []);
    await writing(ann, (env) => env.of(orders).write([id], { tag_ids: [[6, 0, [mine as number]]] }));
    assert.deepEqual((await reading(ann).of(orders).read([id], ["tag_ids"]))[0]?.tag_ids, [mine]);
    assert.deepEqual((await db.data.reading(manager()).of(orders).read([id], ["tag_ids"]))[0]?.tag_ids, [
      his,
      mine,
    ]);
  });

  test("it cannot be linked into a collection", async () => {
    const [his] = await writing(bob, (env) => env.of(tags).create([{ name: "his", user_id: bob }]));
    const id = await own();
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { tag_ids: [[4, his as number]] })),
      { code: "not_found" },
    );
  });
});

describe("a rule holds on new values too", () => {
  test("nobody creates a record outside of his rule", async () => {
    await assert.rejects(
      writing(ann, (env) => env.of(orders).create([{ name: "for Bob", user_id: bob }])),
      { code: "access_denied" },
    );
    await assert.rejects(
      writing(ann, (env) => env.of(orders).create([{ name: "for nobody", user_id: null }])),
      { code: "access_denied" },
    );
    assert.deepEqual(
      await db.data
        .reading(manager())
        .of(orders)
        .search([["name", "like", "for "]]),
      [],
    );
  });

  test("nobody pushes a record out of his rule", async () => {
    const id = await own();
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { user_id: null })),
      { code: "access_denied" },
    );
    assert.equal((await reading(ann).of(orders).read([id], ["user_id"]))[0]?.user_id?.id, ann);
  });

  test("nor by a change that is one statement, with all that is asked of it inside", async () => {
    const [id, theirs] = [await own(), await hidden()];
    const [product = 0] = await system((env) =>
      env.of(products).create([{ name: "Bob's own", user_id: bob }]),
    );
    const alone = (work: (env: Environment) => Promise<unknown>) =>
      db.data.writing(as(ann), work, { oneVerb: true });
    const denied = { code: "access_denied" };
    await assert.rejects(
      alone((env) => env.of(orders).write([id], { user_id: null })),
      denied,
    );
    await assert.rejects(
      alone((env) => env.of(orders).write([id], { user_id: bob })),
      denied,
    );
    // Also where it would be one's own afterwards.
    for (const values of [{ name: "mine" }, { user_id: ann }])
      await assert.rejects(
        alone((env) => env.of(orders).write([theirs], values)),
        { code: "not_found" },
      );
    await assert.rejects(
      alone((env) => env.of(orders).write([id], { product_id: product })),
      { code: "invalid" },
    );
    for (const user_id of [bob, null])
      await assert.rejects(
        alone((env) => env.of(tags).create([{ name: "not mine", user_id }])),
        denied,
      );
    await assert.rejects(
      alone((env) => env.of(remarks).create([{ name: "not mine", order_id: theirs }])),
      { code: "invalid" },
    );
    for (const model of [tags, remarks])
      assert.equal(await system((env) => env.of(model).count([["name", "=", "not mine"]])), 0);
    const [left] = await reading(ann).of(orders).read([id], ["name", "user_id", "product_id"]);
    assert.deepEqual([left?.name, left?.user_id?.id, left?.product_id], ["Ann's", ann, null]);
    // These are sent so: what is right takes no statement more.
    for (const right of [
      (env: Environment) => env.of(orders).write([id], { priority: 3 }),
      (env: Environment) => env.of(tags).create([{ name: "mine", user_id: ann }]),
      (env: Environment) => env.of(remarks).create([{ name: "mine", order_id: id }]),
    ])
      assert.equal((await db.statements(() => alone(right))).length, 1);
  });

  test("a failed change cannot be committed by catching its error", async () => {
    const id = await own();
    const swallowed = writing(ann, async (env) => {
      await env
        .of(orders)
        .write([id], { user_id: null, name: "gone" })
        .catch(() => undefined);
      return "done";
    });
    await assert.rejects(swallowed, { code: "access_denied" });
    assert.equal((await reading(ann).of(orders).read([id], ["name"]))[0]?.name, "Ann's");
  });
});

describe("a field that the actor may not see does not exist", () => {
  test("in reads, domains, orders, groups, aggregates and writes, with the words for a misspelt one", async () => {
    const unknown = (name: string) => ({ code: "invalid", message: new RegExp(`no field "${name}"`) });
    const records = (name: string) =>
      reading(ann).of(products) as never as Record<string, (...args: unknown[]) => Promise<unknown>> & {
        name: typeof name;
      };
    for (const name of ["cost", "cots"]) {
      const all = records(name);
      await assert.rejects(all["searchRead"]!([], [name]), unknown(name));
      await assert.rejects(all["search"]!([], { order: name }), unknown(name));
      await assert.rejects(all["readGroup"]!([], ["category_id"], [`${name}:sum`]), unknown(name));
      await assert.rejects(all["readGroup"]!([], [name], []), unknown(name));
      await assert.rejects(all["search"]!([[name, ">", "1"]]), { code: "invalid" });
    }
    const [row] = await system(async (env) =>
      env.of(products).read(await env.of(products).create([{ name: "x", cost: "3" }]), ["cost"]),
    );
    assert.equal(row?.cost, "3.00");
  });

  test("a field kept by the software is not written by callers", async () => {
    const id = await own();
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { locked: true })),
      { code: "access_denied" },
    );
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { total: "9" })),
      { code: "access_denied" },
    );
    await assert.rejects(
      writing(ann, (env) => env.of(orders).write([id], { id: 7 } as never)),
      { code: "access_denied" },
    );
    await writing(ann, (env) =>
      env.system("a test locks", (above) => above.of(orders).write([id], { locked: true })),
    );
    assert.equal((await reading(ann).of(orders).read([id], ["locked"]))[0]?.locked, true);
  });
});

test("with rules on, a list is one statement, a create at most three, an update at most two", async () => {
  const list = await db.statements(() =>
    reading(ann).of(orders).searchRead([], ["name", "user_id", "product_id", "line_ids", "tag_ids"]),
  );
  assert.equal(list.length, 1);
  const [tagged] = await writing(ann, (env) => env.of(tags).create([{ name: "t", user_id: ann }]));
  const created = await db.statements(() =>
    writing(ann, (env) =>
      env.of(tags).create([
        { name: "a", user_id: ann },
        { name: "b", user_id: ann },
      ]),
    ),
  );
  assert.ok(created.length <= 3, created.join("\n"));
  const updated = await db.statements(() =>
    writing(ann, (env) => env.of(tags).write([tagged as number], { name: "c" })),
  );
  assert.ok(updated.length <= 2, updated.join("\n"));
});

test("changes outside of a transaction are refused", async () => {
  await assert.rejects(
    async () =>
      reading(ann)
        .of(orders)
        .create([{ name: "x" }]),
    { name: "AssertionFailed" },
  );
});
