import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../../access/actor.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, lines, orders, products, shopApp, tags } from "../../testing/shop-app.ts";
import type { Model } from "../model.ts";

/** One run takes a few hundred calls; the seed is printed, so that a failing run can be repeated. */
const cases = 600;
const seed = Math.floor(Math.random() * 2 ** 31);

const values: readonly unknown[] = [
  ...[
    null,
    undefined,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 53,
  ],
  ...[
    "",
    "\0",
    "\ud800",
    "x",
    "%",
    "__proto__",
    "constructor",
    "name",
    "1e5",
    "9".repeat(100),
    "x".repeat(300),
  ],
  ...["2026-01-01", "99999-01-01", "-0001-01-01", "&", "|", "!", "name; DROP TABLE x", "a'b\"c\\"],
  ...[[], [[]], {}, { id: 1 }, [0, 0, {}], [[4, 1]], [[6, 0, [1, "x"]]], [[0, 0, { order_id: 1 }]], [["&"]]],
  ...[
    ["id", "=", 2 ** 40],
    ["id", "in", [1, "x", null]],
    ["user_id.name", "=", "x"],
    ["extra", "=", {}],
  ],
  ...[
    ["line_ids", "any", [["price", ">", "x"]]],
    ["total", ">", "9".repeat(200)],
    ["confirmed_at", "=", 1e20],
  ],
  ...[["name", "ilike", "\0"], ["id", "child_of", 1], Symbol.iterator, 10n, new Date(0), new Map(), () => 1],
];
const operators = [
  "=",
  "!=",
  ">",
  "<=",
  "in",
  "not in",
  "ilike",
  "like",
  "=ilike",
  "child_of",
  "any",
  "=?",
  "xx",
];
const models: readonly Model[] = [orders, products, lines, tags, categories];

let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp]);
  await db.data.writing(db.system(), (env) => env.of(orders).create([{ line_ids: [[0, 0, {}]] }]));
});
after(() => db.close());

test(`arguments of any shape are answered in every verb, never by a defect (seed ${seed})`, async () => {
  const next = generator(seed);
  const actors = [db.system(), db.actor({ groups: ["shop.manager"] }), db.actor({ groups: ["shop.user"] })];
  for (let i = 0; i < cases; i++) {
    const [verb, args, model] = call(next);
    const error = await attempt(next(actors), model, [verb, args]);
    const answered = error === undefined || (error instanceof ExpectedError && error.code !== "unavailable");
    assert.ok(answered, `${verb} of ${model.name} with ${inspect(args, { depth: 6 })}: ${String(error)}`);
    if (error instanceof ExpectedError) assert.doesNotMatch(error.message, /SELECT|INSERT|UPDATE|shop_|\$1/);
  }
});

type Next = <T>(list: readonly T[]) => T;

/** Picks from lists, always the same for one seed. */
function generator(start: number): Next {
  let state = start;
  return (list) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return list[Math.floor((state / 0x80000000) * list.length)] as (typeof list)[number];
  };
}

function call(next: Next): [string, unknown[], Model] {
  const model = next(models);
  const field = () =>
    next([...Object.keys(model.fields), "id", "display_name", "create_uid", "create_date", next(values)]);
  const text = () => String(field());
  const list = <T>(make: () => T) => Array.from({ length: next([0, 1, 2, 3]) }, make);
  const term = () => next([[field(), next(operators), next(values)], next(values)]);
  const domain = () => next([list(term), list(term), next(values)]);
  const record = () => next([Object.fromEntries(list(() => [text(), next(values)])), next(values)]);
  const ids = () => next([[1], [1], [next(values)], next(values)]);
  const options = () =>
    next([
      {},
      {
        order: next([text(), next(values)]),
        limit: next([5, next(values)]),
        offset: next([0, next(values)]),
      },
    ]);
  const verbs: Readonly<Record<string, () => unknown[]>> = {
    search: () => [domain(), options()],
    searchRead: () => [domain(), next([[field()], next(values)]), options()],
    count: () => [domain(), { limit: next([undefined, 5, next(values)]) }],
    read: () => [ids(), [field()]],
    create: () => [[record()]],
    write: () => [ids(), record()],
    copy: () => [next([1, next(values)]), record()],
    unlink: () => [ids()],
    exists: () => [ids()],
    nameSearch: () => [next(values), domain(), next([5, next(values)])],
    readGroup: () => [
      domain(),
      next([[text()], [`${text()}:month`], next(values)]),
      next([[], [`${text()}:sum`], next(values)]),
      options(),
    ],
  };
  const verb = next(Object.keys(verbs));
  return [verb, verbs[verb]?.() ?? [], model];
}

/** Runs one call in a transaction that is rolled back. @returns what it threw. */
async function attempt(
  actor: Actor,
  model: Model,
  [verb, args]: readonly [string, unknown[]],
): Promise<unknown> {
  const done = new RangeError("done");
  try {
    await db.data.writing(actor, async (env) => {
      const records = env.of(model) as never as Record<string, (...given: unknown[]) => Promise<unknown>>;
      await records[verb]?.(...args);
      throw done;
    });
  } catch (error) {
    return error === done ? undefined : error;
  }
  return undefined;
}
