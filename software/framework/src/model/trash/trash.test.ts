import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Actor } from "../../access/actor.ts";
import { attachmentModel } from "../../files/attachment-model.ts";
import type { App } from "../../modules/app.ts";
import { sql } from "../../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import {
  categories,
  lines,
  orders,
  products,
  remarks,
  shopApp,
  tags,
  users,
} from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";
import { many2one } from "../field.ts";
import { maxTrashPage } from "./read-trash.ts";
import { sweepTrash } from "./sweep.ts";
import { trashDays, trashModel } from "./trash-model.ts";

const withTrash = new Set(["shop.order", "shop.product", "shop.tag"]);
const app: App = {
  ...shopApp,
  groups: [...(shopApp.groups ?? []), { key: "shop.remover", label: "May remove products" }],
  rights: [
    ...(shopApp.rights ?? []),
    { group: "shop.remover", model: "shop.product", allow: ["read", "delete"] },
  ],
  extensions: [
    {
      model: "shop.product",
      fields: { rack_id: many2one("shop.category", { label: "Rack", groups: ["shop.manager"] }) },
    },
  ],
  models: [
    ...shopApp.models.map((model) =>
      withTrash.has(model.name) ? { ...model, trash: true as const } : model,
    ),
    trashModel,
    attachmentModel,
  ],
};

let db: TestDatabase;
let nowMs = Date.parse("2026-11-22T10:00:00Z");
let ann: Actor;
let bo: Actor;
let boss: Actor;
let nobody: Actor;
let remover: Actor;

before(async () => {
  db = await testDatabase([app], { clock: { now: () => nowMs } });
  const [a, b, c] = await system((env) =>
    env.of(users).create([{ name: "Ann" }, { name: "Bo" }, { name: "Cy" }]),
  );
  ann = db.actor({ userId: a as number, groups: ["shop.user"] });
  bo = db.actor({ userId: b as number, groups: ["shop.user"] });
  boss = db.actor({ userId: c as number, groups: ["shop.manager"] });
  remover = db.actor({ userId: c as number, groups: ["shop.remover"] });
  nobody = db.actor({ userId: c as number, groups: ["shop.clerk"] });
});
after(() => db?.close());

const system = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const as = <T>(actor: Actor, work: (env: Environment) => Promise<T>) => db.data.writing(actor, work);
const isMissing = (work: Promise<unknown>) => assert.rejects(work, code("not_found"));
const code = (wanted: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, wanted, String(error));
  return true;
};

/** An order of Ann's with two lines, a tag and a remark. */
async function anOrder(name = "S1"): Promise<{ id: number; lineIds: number[]; tag: number; remark: number }> {
  return as(ann, async (env) => {
    const [tag] = await env.of(tags).create([{ name: `for ${name}`, user_id: ann.userId as number }]);
    const [id] = await env.of(orders).create([
      {
        name,
        extra: { deep: [1, 2.5] },
        tag_ids: [[4, tag as number]],
        line_ids: [
          [0, 0, { name: "a", quantity: "2", price: "3.10" }],
          [0, 0, { name: "b", quantity: "1.005", price: "999999999999999.99", subtotal: "7" }],
        ],
      },
    ]);
    const [remark] = await env.of(remarks).create([{ name: "call", order_id: id as number }]);
    const [row] = await env.of(orders).read([id as number], ["line_ids"]);
    return {
      id: id as number,
      lineIds: [...(row?.line_ids ?? [])],
      tag: tag as number,
      remark: remark as number,
    };
  });
}

const whole = (id: number) =>
  system((env) =>
    env.of(orders).readNested([id], {
      name: true,
      extra: true,
      total: true,
      create_date: true,
      write_date: true,
      tag_ids: true,
      remark_ids: true,
      line_ids: { fields: { name: true, quantity: true, price: true, subtotal: true, write_date: true } },
    } as never),
  );

test("a deleted record is gone for everybody, and comes back with ids, lines, pairs and references", async () => {
  const { id, lineIds, tag, remark } = await anOrder();
  const before = await whole(id);
  nowMs += 60_000;
  await as(ann, (env) => env.of(orders).unlink([id]));
  await system(async (env) => {
    assert.deepEqual(await env.of(orders).search([["id", "=", id]]), []);
    assert.deepEqual(await env.of(lines).exists(lineIds), []);
    assert.equal((await env.of(remarks).read([remark], ["order_id"]))[0]?.order_id, null);
    assert.deepEqual(await env.of(orders).search([["tag_ids", "in", [tag]]]), []);
  });
  const restored = await as(ann, (env) => env.of(orders).trashed.restore([id]));
  assert.deepEqual(restored, { leftOut: [] });
  assert.deepEqual(await whole(id), before);
  await system(async (env) => assert.equal(await env.of(trashModel).count([]), 0));
  const [again] = await as(ann, (env) => env.of(orders).create([{ name: "after" }]));
  assert.ok((again as number) > id, "numbers go on where they were");
});

test("a reference that was unset comes back where nobody changed the record since, or the actor may", async () => {
  const { id, remark } = await anOrder("S2");
  await as(ann, (env) => env.of(orders).unlink([id]));
  await system((env) => env.of(remarks).write([remark], { name: "meanwhile" }));
  assert.deepEqual(await as(ann, (env) => env.of(orders).trashed.restore([id])), { leftOut: [] });
  const [row] = await system((env) => env.of(remarks).read([remark], ["order_id", "name"]));
  assert.equal(row?.order_id?.id, id);
  assert.equal(row?.name, "meanwhile");
});

test("a reference that leads elsewhere by now is left as it is", async () => {
  const { id, remark } = await anOrder("S3");
  const other = await anOrder("S4");
  await as(ann, (env) => env.of(orders).unlink([id]));
  await as(ann, (env) => env.of(remarks).write([remark], { order_id: other.id }));
  await as(ann, (env) => env.of(orders).trashed.restore([id]));
  const [row] = await system((env) => env.of(remarks).read([remark], ["order_id"]));
  assert.equal(row?.order_id?.id, other.id);
});

test("a collection that somebody changed meanwhile does not take the record in again", async () => {
  const [tag] = await as(ann, (env) =>
    env.of(tags).create([{ name: "let in", user_id: ann.userId as number }]),
  );
  const [kept, changed] = await as(boss, (env) =>
    env.of(orders).create(["a", "b"].map((name) => ({ name, tag_ids: [[4, tag as number]] as const }))),
  );
  await as(ann, (env) => env.of(tags).unlink([tag as number]));
  nowMs += 1_000;
  await as(boss, (env) => env.of(orders).write([changed as number], { tag_ids: [[5]] }));
  await as(ann, (env) => env.of(tags).trashed.restore([tag as number]));
  const rows = await system((env) => env.of(orders).read([kept as number, changed as number], ["tag_ids"]));
  assert.deepEqual(
    rows.map((row) => row.tag_ids),
    [[tag], []],
  );
});

test("a record that is there again in another way is told, and the deleted one stays", async () => {
  const [tag] = await as(ann, (env) =>
    env.of(tags).create([{ name: "twice", user_id: ann.userId as number }]),
  );
  await as(ann, (env) => env.of(tags).unlink([tag as number]));
  await db.database.rows(
    sql`INSERT INTO shop_tag (id, name, user_id, create_date, write_date) VALUES (${tag}, 'again', ${ann.userId}, now(), now())`,
  );
  await assert.rejects(
    as(ann, (env) => env.of(tags).trashed.restore([tag as number])),
    (error: Error) => code("conflict")(error) && /same number is there again/.test(error.message),
  );
  const file = { name: "kept.txt", mimetype: "text/plain", file_size: 1, sha256: "a".repeat(64) };
  const [kept] = await system((env) =>
    env.of(attachmentModel).create([{ ...file, res_model: "shop.tag", res_id: tag as number }]),
  );
  await as(ann, (env) => env.of(tags).trashed.remove([tag as number]));
  assert.deepEqual(await as(ann, (env) => env.of(tags).exists([tag as number])), [tag]);
  assert.deepEqual(await system((env) => env.of(attachmentModel).exists([kept as number])), [kept]);
});

test("what others computed of the record is computed again, what people typed over stays", async () => {
  const { id } = await anOrder("S5");
  const [was] = await system((env) => env.of(orders).read([id], ["total", "line_ids"]));
  await as(ann, (env) => env.of(orders).unlink([id]));
  await as(ann, (env) => env.of(orders).trashed.restore([id]));
  const [now] = await system((env) => env.of(orders).read([id], ["total", "line_ids"]));
  assert.deepEqual(now, was);
  await as(ann, (env) => env.of(orders).write([id], { line_ids: [[0, 0, { name: "c", price: "1" }]] }));
  const [more] = await system((env) => env.of(orders).read([id], ["total"]));
  assert.equal(Number(more?.total), Number(was?.total) + 1);
});

test("a value that was taken meanwhile is told as a conflict, and nothing is lost", async () => {
  const [id] = await as(boss, (env) => env.of(products).create([{ name: "Table", code: "T1", cost: "5" }]));
  await as(boss, (env) => env.of(products).unlink([id as number]));
  const [other] = await as(boss, (env) => env.of(products).create([{ name: "Other", code: "T1" }]));
  await assert.rejects(
    as(boss, (env) => env.of(products).trashed.restore([id as number])),
    (error: Error) =>
      code("conflict")(error) && /same "Code" already.*stays in the trash/.test(error.message),
  );
  await as(boss, (env) => env.of(products).write([other as number], { code: "T2" }));
  await as(boss, (env) => env.of(products).trashed.restore([id as number]));
  const [row] = await as(boss, (env) => env.of(products).read([id as number], ["code", "cost"]));
  assert.deepEqual([row?.code, row?.cost], ["T1", "5.00"]);
});

test("a relation that is gone is told, and left out only when that is asked for", async () => {
  const [product] = await as(boss, (env) => env.of(products).create([{ name: "Chair" }]));
  const { id, tag } = await anOrder("S6");
  await system((env) => env.of(orders).write([id], { product_id: product as number }));
  await as(ann, (env) => env.of(orders).unlink([id]));
  await as(boss, (env) => env.of(products).unlink([product as number], { forever: true }));
  await as(ann, (env) => env.of(tags).unlink([tag], { forever: true }));
  await assert.rejects(
    as(ann, (env) => env.of(orders).trashed.restore([id])),
    (error: Error) => code("conflict")(error) && /"Main product".*"Tags"/.test(error.message),
  );
  const { leftOut } = await as(ann, (env) => env.of(orders).trashed.restore([id], { leaveOut: true }));
  assert.equal(leftOut.length, 2);
  const [row] = await system((env) => env.of(orders).read([id], ["product_id", "tag_ids", "name"]));
  assert.deepEqual([row?.product_id, row?.tag_ids, row?.name], [null, [], "S6"]);
});

test("records that refer to one another come back together", async () => {
  const { id, tag } = await anOrder("S7");
  await as(ann, (env) => env.of(tags).unlink([tag]));
  await as(ann, (env) => env.of(orders).unlink([id]));
  await as(ann, (env) => env.of(orders).trashed.restore([id], { leaveOut: true }));
  await as(ann, (env) => env.of(tags).trashed.restore([tag]));
  const [row] = await system((env) => env.of(orders).read([id], ["tag_ids"]));
  assert.deepEqual(row?.tag_ids, [tag], "the pair lay with the tag");
});

test("nobody sees, restores or removes what they could not delete: hidden is missing", async () => {
  const { id } = await anOrder("S8");
  await as(ann, (env) => env.of(orders).unlink([id]));
  const answers = async (actor: Actor, wanted: number) => {
    const told: unknown[] = [];
    for (const step of ["restore", "remove"] as const)
      await as<unknown>(actor, (env) => env.of(orders).trashed[step]([wanted])).catch((error: Error) =>
        told.push((error as { code?: string }).code, error.message),
      );
    const page = await as(actor, (env) => env.of(orders).trashed.search());
    told.push(page.entries.filter(({ recordId }) => recordId === id).length);
    return told;
  };
  assert.deepEqual(await answers(bo, id), await answers(bo, 999_999));
  assert.equal((await answers(bo, id)).length, 5);
  const live = await anOrder("S9");
  assert.deepEqual((await answers(ann, live.id)).slice(0, 4), (await answers(ann, 999_999)).slice(0, 4));
  for (const actor of [nobody, db.actor({ userId: 1 })])
    for (const work of [
      (env: Environment) => env.of(orders).trashed.search(),
      (env: Environment) => env.of(orders).trashed.restore([id]),
      (env: Environment) => env.of(orders).trashed.remove([id]),
    ])
      await assert.rejects(as<unknown>(actor, work), code("access_denied"));
  const page = await as(ann, (env) => env.of(orders).trashed.search());
  assert.deepEqual(
    page.entries.map(({ recordId, takes }) => [recordId, takes]),
    [[id, 2]],
  );
});

test("a right that was lost since is lost for the trash too, and one that others gained shows it to them", async () => {
  const { id } = await anOrder("S10");
  await system((env) => env.of(orders).write([id], { user_id: bo.userId }));
  await as(bo, (env) => env.of(orders).unlink([id]));
  await isMissing(as(ann, (env) => env.of(orders).trashed.restore([id])));
  const moved = { ...bo, userId: 1 } as Actor;
  await isMissing(as(moved, (env) => env.of(orders).trashed.restore([id])));
  assert.deepEqual(await as(boss, (env) => env.of(orders).trashed.restore([id])), { leftOut: [] });
});

test("what the trash shows passes the field permissions, in values, filters, order and sentences", async () => {
  const [shelf] = await system((env) => env.of(categories).create([{ name: "Shelf" }]));
  const values = { name: "Lamp", cost: "77", rack_id: shelf as number };
  const [id] = await as(boss, (env) => env.model("shop.product").create([values as never]));
  await as(boss, (env) => env.of(products).unlink([id as number]));
  const shown = await as(remover, (env) => env.of(products).trashed.search({ fields: ["name"] }));
  assert.ok(shown.rows.tuples.some((tuple) => tuple.includes("Lamp")));
  for (const search of [{ fields: ["cost"] }, { domain: [["cost", ">", 1]] as never }]) {
    const refusal = await as(remover, (env) => env.of(products).trashed.search(search)).catch(
      (error: Error) => error,
    );
    const unknown = JSON.parse(JSON.stringify(search).replace("cost", "cosx"));
    const none = await as(remover, (env) => env.of(products).trashed.search(unknown)).catch(
      (error: Error) => error,
    );
    assert.equal((refusal as Error).message.replaceAll("cost", "cosx"), (none as Error).message);
  }
  await system((env) => env.of(categories).unlink([shelf as number]));
  for (const [actor, named] of [
    [remover, false],
    [boss, true],
  ] as const)
    await assert.rejects(
      as(actor, (env) => env.of(products).trashed.restore([id as number])),
      (error: Error) => code("conflict")(error) && error.message.includes("Rack") === named,
    );
});

test("only as many entries are shown as a page holds, and pages go on where the last one ended", async () => {
  const ids = await as(ann, (env) =>
    env
      .of(tags)
      .create(Array.from({ length: 7 }, (_, i) => ({ name: `t${i}`, user_id: ann.userId as number }))),
  );
  await as(bo, async (env) => {
    const own = await env.of(tags).create([{ name: "bo's", user_id: bo.userId as number }]);
    await env.of(tags).unlink(own);
  });
  await as(ann, (env) => env.of(tags).unlink(ids));
  const seen: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await as(ann, (env) =>
      env.of(tags).trashed.search({ limit: 3, domain: [["name", "like", "t"]], ...(after ? { after } : {}) }),
    );
    seen.push(...page.entries.map(({ recordId }) => recordId));
    after = page.next;
  }
  assert.deepEqual(
    seen.filter((id) => ids.includes(id)),
    ids.toReversed(),
  );
  await assert.rejects(
    as(ann, (env) => env.of(tags).trashed.search({ limit: maxTrashPage + 1 })),
    code("invalid"),
  );
});

test("what is removed by hand or after its days is gone for good", async () => {
  const first = await anOrder("S11");
  const second = await anOrder("S12");
  await as(ann, (env) => env.of(orders).unlink([first.id]));
  await as(ann, (env) => env.of(orders).trashed.remove([first.id]));
  await isMissing(as(ann, (env) => env.of(orders).trashed.restore([first.id])));
  await as(ann, (env) => env.of(orders).unlink([second.id]));
  nowMs += (trashDays * 24 - 1) * 3_600_000;
  const kept = await system((env) => env.of(trashModel).count([["res_id", "=", second.id]]));
  await sweepTrash(db.data, db.actor());
  assert.equal(await system((env) => env.of(trashModel).count([["res_id", "=", second.id]])), kept);
  nowMs += 2 * 3_600_000;
  assert.ok((await sweepTrash(db.data, db.actor())) > 0);
  assert.equal(await system((env) => env.of(trashModel).count([])), 0);
});

test("a deletion that is refused leaves nothing in the trash", async () => {
  const { id } = await anOrder("S13");
  await isMissing(as(bo, (env) => env.of(orders).unlink([id])));
  assert.equal(await system((env) => env.of(trashModel).count([["res_id", "=", id]])), 0);
});

test("two who restore the same record at once restore it once", async () => {
  const { id } = await anOrder("S14");
  await as(ann, (env) => env.of(orders).unlink([id]));
  const tries = await Promise.allSettled(
    [1, 2, 3].map(() => as(ann, (env) => env.of(orders).trashed.restore([id]))),
  );
  assert.deepEqual(tries.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
  assert.equal((await system((env) => env.of(lines).search([["order_id", "=", id]]))).length, 2);
});

test("deleting costs a fixed number of statements, however many records and lines", async () => {
  const some = [await anOrder("S15"), await anOrder("S16"), await anOrder("S17")];
  const one = await db.statements(() => as(ann, (env) => env.of(orders).unlink([some[0]?.id as number])));
  const two = await db.statements(() =>
    as(ann, (env) => env.of(orders).unlink([some[1]?.id as number, some[2]?.id as number])),
  );
  assert.equal(two.length, one.length);
});

test("a model without a trash deletes for good, and says so", async () => {
  const { remark } = await anOrder("S18");
  await as(ann, (env) => env.of(remarks).unlink([remark]));
  await isMissing(as(ann, (env) => env.of(remarks).trashed.restore([remark])));
});
