import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { App } from "../../modules/app.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, lines, orders, remarks, shopApp, tags, users } from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";
import type { X2manyCommand } from "../field.ts";
import { maxCommandDepth } from "./collections.ts";

/** Of an order's remarks some are hidden from whoever sees the order. */
const quietApp: App = {
  name: "quiet",
  label: "Quiet",
  version: "1",
  depends: ["shop"],
  models: [],
  rules: [
    {
      key: "quiet-remarks",
      model: "shop.remark",
      label: "Salespeople do not see what was said quietly",
      groups: ["shop.user"],
      condition: "name != 'quiet'",
    },
  ],
};
let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp, quietApp]);
});
after(() => db.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const reading = () => db.data.reading(db.system());

async function order(values: Record<string, unknown> = {}): Promise<number> {
  const [id] = await writing((env) => env.of(orders).create([{ name: "O", ...values } as never]));
  return id as number;
}

async function collected(id: number) {
  const [row] = await reading().of(orders).read([id], ["line_ids", "remark_ids", "tag_ids"]);
  return { lines: row?.line_ids ?? [], remarks: row?.remark_ids ?? [], tags: row?.tag_ids ?? [] };
}

const put = (id: number, field: string, commands: readonly X2manyCommand[]) =>
  writing((env) => env.of(orders).write([id], { [field]: commands } as never));

describe("commands that are none are refused", () => {
  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ["a text", "x", /"Lines" of "Order": the value is not a list of commands/],
    ["a number in the list", [4], /command 1 is not a list such as \[4, id\]/],
    ["an unknown kind", [[7, 1]], /command 1 is not a command from 0 to 6/],
    ["an id that is none", [[4, "1"]], /command 1 is not the number of a record/],
    ["values that are none", [[0, 0, []]], /command 1 is not values of a record/],
    [
      "a replacement after others",
      [
        [4, 1],
        [6, 0, []],
      ],
      /command 2 is not clear and replace before all others/,
    ],
  ];
  for (const [name, commands, message] of refused)
    test(name, async () => {
      const id = await order();
      await assert.rejects(put(id, "line_ids", commands as never), { code: "invalid", message });
    });
});

test("commands nested deeper than people need are refused", async () => {
  const nested = (depth: number): Record<string, unknown> =>
    depth === 0 ? { name: "leaf" } : { name: "node", child_ids: [[0, 0, nested(depth - 1)]] };
  await writing((env) => env.of(categories).create([nested(maxCommandDepth)]));
  await assert.rejects(
    writing((env) => env.of(categories).create([nested(maxCommandDepth + 1)])),
    { code: "invalid", message: /nested more than 8 deep/ },
  );
});

describe("lines", () => {
  test("are created with their order, and with it come the lines' own collections", async () => {
    const id = await order({
      line_ids: [
        [0, 0, { name: "a" }],
        [0, 0, { name: "b" }],
      ],
    });
    const rows = await reading()
      .of(lines)
      .read((await collected(id)).lines, ["name", "order_id"]);
    assert.deepEqual(
      rows.map((row) => [row.name, row.order_id.id]),
      [
        ["a", id],
        ["b", id],
      ],
    );
  });

  test("are updated and deleted through their order", async () => {
    const id = await order({
      line_ids: [
        [0, 0, { name: "a" }],
        [0, 0, { name: "b" }],
        [0, 0, { name: "c" }],
      ],
    });
    const [a, b, c] = (await collected(id)).lines as [number, number, number];
    await put(id, "line_ids", [
      [1, a, { name: "A" }],
      [1, c, { name: "C", price: "2" }],
      [2, b],
    ]);
    const rows = await reading()
      .of(lines)
      .read((await collected(id)).lines, ["name"]);
    assert.deepEqual(
      rows.map((row) => row.name),
      ["A", "C"],
    );
  });

  test("of another order cannot be reached", async () => {
    const other = await order({ line_ids: [[0, 0, { name: "theirs" }]] });
    const [theirs] = (await collected(other)).lines as [number];
    const id = await order();
    for (const command of [
      [1, theirs, { name: "x" }],
      [2, theirs],
      [3, theirs],
    ] as const)
      await assert.rejects(put(id, "line_ids", [command]), { code: "not_found" });
    assert.equal((await reading().of(lines).read([theirs], ["name"]))[0]?.name, "theirs");
  });

  test("that cannot be without their order are deleted when they leave it; others stay alone", async () => {
    const id = await order({ line_ids: [[0, 0, { name: "a" }]], remark_ids: [[0, 0, { name: "r" }]] });
    const {
      lines: [line],
      remarks: [remark],
    } = await collected(id);
    await put(id, "line_ids", [[5]]);
    await put(id, "remark_ids", [[3, remark as number]]);
    assert.deepEqual(
      await reading()
        .of(lines)
        .exists([line as number]),
      [],
    );
    assert.equal(
      (
        await reading()
          .of(remarks)
          .read([remark as number], ["order_id"])
      )[0]?.order_id,
      null,
    );
  });

  test("are replaced: those that are not named leave, named ones come from elsewhere", async () => {
    const [one, other] = [
      await order({
        remark_ids: [
          [0, 0, { name: "a" }],
          [0, 0, { name: "b" }],
        ],
      }),
      await order(),
    ];
    const [a, b] = (await collected(one)).remarks as [number, number];
    await put(other, "remark_ids", [[6, 0, [b]]]);
    assert.deepEqual([(await collected(one)).remarks, (await collected(other)).remarks], [[a], [b]]);
    await put(other, "remark_ids", [[6, 0, [a]]]);
    assert.deepEqual([(await collected(one)).remarks, (await collected(other)).remarks], [[], [a]]);
  });
});

describe("pairs", () => {
  test("are made, kept, removed and replaced", async () => {
    const [x, y] = (await writing((env) => env.of(tags).create([{ name: "x" }, { name: "y" }]))) as [
      number,
      number,
    ];
    const id = await order({
      tag_ids: [
        [4, x],
        [0, 0, { name: "z" }],
      ],
    });
    const z = (await collected(id)).tags.find((tag) => tag !== x) as number;
    assert.deepEqual((await collected(id)).tags, [x, z]);
    await put(id, "tag_ids", [
      [4, x],
      [4, y],
    ]);
    assert.deepEqual((await collected(id)).tags, [x, y, z]);
    await put(id, "tag_ids", [
      [3, x],
      [1, y, { name: "zz" }],
    ]);
    assert.deepEqual((await collected(id)).tags, [z, y]);
    await put(id, "tag_ids", [[6, 0, [x, y]]]);
    assert.deepEqual((await collected(id)).tags, [x, y]);
    await put(id, "tag_ids", [[5], [4, z]]);
    assert.deepEqual((await collected(id)).tags, [z]);
    assert.equal((await reading().of(tags).exists([x, y, z])).length, 3);
  });

  test("with a record that is not there are refused", async () => {
    const id = await order();
    await assert.rejects(put(id, "tag_ids", [[4, 1_999_999_999]]), { code: "invalid" });
  });

  test("that are not there give no way to their record", async () => {
    const [x] = (await writing((env) => env.of(tags).create([{ name: "x" }]))) as [number];
    const id = await order();
    await assert.rejects(put(id, "tag_ids", [[1, x, { name: "y" }]]), { code: "not_found" });
    await assert.rejects(put(id, "tag_ids", [[2, x]]), { code: "not_found" });
  });
});

test("lines that are hidden stay when a collection is cleared or replaced", async () => {
  const [userId = 0] = await reading().of(users).search([], { limit: 1 });
  const seller = db.actor({ groups: ["shop.user"], userId });
  for (const commands of [[[5]], [[6, 0, []]]] as const) {
    const made = ["loud", "quiet"].map((name) => [0, 0, { name }]);
    const id = await order({ user_id: userId, remark_ids: made });
    const [, quiet] = (await collected(id)).remarks;
    await db.data.writing(seller, (env) => env.of(orders).write([id], { remark_ids: commands } as never));
    assert.deepEqual((await collected(id)).remarks, [quiet]);
  }
});

test("the number of statements does not grow with the lines", async () => {
  const create = (count: number) =>
    db.statements(() =>
      order({ line_ids: Array.from({ length: count }, (_, n) => [0, 0, { name: `${n}`, price: "1" }]) }),
    );
  assert.equal((await create(2)).length, (await create(40)).length);
  const update = async (count: number) => {
    const id = await order({ line_ids: Array.from({ length: count }, () => [0, 0, { name: "l" }]) });
    const ids = (await collected(id)).lines;
    return db.statements(() =>
      put(
        id,
        "line_ids",
        ids.map((line, n) => [1, line, { price: `${n}` }] as const),
      ),
    );
  };
  assert.equal((await update(2)).length, (await update(40)).length);
});
