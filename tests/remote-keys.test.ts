import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiKeysModel } from "@holdfast/framework/identity/models";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { ManualClock } from "@holdfast/kernel/clock";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { keyCaller } from "./key-caller.ts";

let host: CompanyHost;
const clock = new ManualClock(Date.parse("2026-11-22T10:00:00Z"));
const { keyOf, call, rpc } = keyCaller(() => host);

before(async () => {
  host = await companyHost({ clock });
});
after(() => host.close());

test("a key that may only read changes nothing, through no door and no method", async () => {
  const key = await keyOf({ readOnly: true });
  assert.equal((await call(key, "res.partner/search_count", {})).status, 200);
  for (const [path, body] of [
    ["res.partner/create", { vals_list: { name: "x" } }],
    ["res.partner/write", { ids: [1], vals: { name: "x" } }],
    ["res.partner/unlink", { ids: [1] }],
    ["res.partner/copy", { ids: [1] }],
    ["res.partner/name_create", { name: "x" }],
    ["res.partner/load", { fields: ["name"], data: [["x"]] }],
    ["res.partner/preview", { ids: [], values: { name: "x" }, fields: ["name"] }],
    ["sale.order/action_confirm", { ids: [1] }],
    ["res.partner/message_post", { ids: [1], body: "x" }],
  ] as const) {
    const answer = await call(key, path, body);
    assert.deepEqual([path, answer.status], [path, 403]);
  }
  const other = await rpc(key, "res.partner", "create", [{ name: "x" }]);
  assert.match(JSON.stringify(other.body), /the API key may only read/);
  const cells = await fetch(`${host.url}/web/import/res.partner`, {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${key}`, origin: host.url },
    body: "name\nx\n",
  });
  assert.doesNotMatch(await cells.text(), /"imported":1/);
});

test("a key for chosen models reaches no other: not by its methods, its domains, nor by the names of its records", async () => {
  const key = await keyOf({ models: ["sale.order"] });
  assert.equal((await call(key, "sale.order/search_count", {})).status, 200);
  assert.equal((await call(key, "res.partner/search_read", {})).status, 403);
  assert.equal((await call(key, "res.partner/fields_get", {})).status, 403);
  assert.equal(
    (await call(key, "sale.order/search", { domain: [["partner_id.name", "=", "x"]] })).status,
    422,
  );
  const [order] = (await call(key, "sale.order/search_read", { fields: ["partner_id"], limit: 1 })).body as {
    partner_id: [number, string];
  }[];
  assert.equal(order?.partner_id[1], "");
  await assert.rejects(keyOf({ models: ["res.parnter"] }), { code: "invalid" });
});

test("a key for chosen models makes no webhook, which would tell what its owner may read beyond them", async () => {
  const wide = await keyOf({}, "admin");
  const narrow = await keyOf({ models: ["hf.webhook", "res.partner"] }, "admin");
  const vals_list = { name: "all", url: "https://receiver.example/", res_model: "sale.order" };
  const made = await call(wide, "hf.webhook/create", { vals_list });
  assert.equal(made.status, 200);
  for (const [path, body] of [
    ["create", { vals_list }],
    ["write", { ids: [made.body], vals: { res_model: "sale.order" } }],
    ["action_switch_on", { ids: [made.body] }],
  ] as const)
    assert.deepEqual([path, (await call(narrow, `hf.webhook/${path}`, body)).status], [path, 403]);
  assert.equal((await call(narrow, "hf.webhook/search_read", {})).status, 200);
});

test("a key of limited reach opens the remote API and nothing else", async () => {
  const key = await keyOf({ readOnly: true });
  for (const path of ["/web/app", "/web/model/res.partner", "/web/log/res.partner/1"]) {
    const answer = await fetch(host.url + path, { headers: { authorization: `Bearer ${key}` } });
    assert.deepEqual([path, answer.status], [path, 403]);
  }
});

test("an expired, a revoked and a deleted key are dead at the next call", async () => {
  const keys = host.database.data;
  const change = (values: object) => async (id: number) =>
    keys.writing(host.database.system(), (env) => env.of(apiKeysModel).write([id], values));
  const ends = [
    change({ revoked: true }),
    change({ expires_at: Temporal.Instant.fromEpochMilliseconds(clock.now()) }),
    async (id: number) => keys.writing(host.database.system(), (env) => env.of(apiKeysModel).unlink([id])),
  ];
  for (const end of ends) {
    const key = await keyOf({});
    assert.equal((await call(key, "res.partner/search_count", {})).status, 200);
    const [id] = await keys
      .reading(host.database.system())
      .of(apiKeysModel)
      .search([["prefix", "=", key.slice(0, 12)]]);
    await end(id as number);
    assert.equal((await call(key, "res.partner/search_count", {})).status, 401);
  }
});

test("a key's list tells what it reaches and when it was used, never the key", async () => {
  const key = await keyOf({ readOnly: true, models: ["res.partner"] });
  const all = await keyOf({});
  await call(key, "res.partner/search_count", {});
  const answer = await call(all, "res.users.apikeys/search_read", {
    domain: [["prefix", "=", key.slice(0, 12)]],
  });
  const [row] = answer.body as Record<string, unknown>[];
  assert.deepEqual([row?.["read_only"], row?.["model_names"]], [true, "res.partner"]);
  assert.notEqual(row?.["last_used_at"], false);
  assert.equal(JSON.stringify(answer.body).includes(key.slice(12)), false);
  const asked = await call(all, "res.users.apikeys/search_read", { fields: ["key_hash"] });
  assert.equal(asked.status, 422);
});

test("calls of one key are counted by all workers together; beyond the limit it is told when to come back", async () => {
  const key = await keyOf({ callsPerMinute: 40 });
  const hasher = quickHasher();
  const workers = [1, 2, 3].map(() => testTenant(host.database, { hasher, clock }).identity);
  const tries = await Promise.allSettled(
    Array.from({ length: 90 }, (_, at) => (workers[at % 3] as (typeof workers)[number]).apiKey(key)),
  );
  const answered = tries.filter((one) => one.status === "fulfilled").length;
  assert.ok(answered <= 40 && answered >= 20, `${answered} of 40`);
  // A worker that was told of the limit late may have left some of the forty.
  let refused = await call(key, "res.partner/search_count", {});
  for (let more = answered + 1; more <= 40 && refused.status === 200; more++)
    refused = await call(key, "res.partner/search_count", {});
  assert.equal(refused.status, 429);
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
  const other = await rpc(key, "res.partner", "search_count", [[]]);
  assert.deepEqual([other.status, other.headers.get("retry-after")], [429, String(seconds)]);
  clock.advance(seconds * 1_000);
  assert.equal((await call(key, "res.partner/search_count", {})).status, 200);
  await hasher.close();
});

test("a conflict tells both values, on every door", async () => {
  const key = await keyOf({});
  const made = await call(key, "res.partner/create", { vals_list: { name: "Now", city: "Riga" } });
  const ids = [made.body as number];
  const stale = { vals: { name: "Mine" }, expected: { name: "Then", city: "Riga" } };
  const changed = [{ id: ids[0], field: "name", now: "Now", seen: "Then" }];
  const answer = await call(key, "res.partner/write", { ids, ...stale });
  assert.equal(answer.status, 409);
  assert.deepEqual((answer.body as { about: { changed: unknown } }).about.changed, changed);
  const other = await rpc(key, "res.partner", "write", [ids], stale);
  const { error } = other.body as { error: { data: { about: { changed: unknown } } } };
  assert.deepEqual(error.data.about.changed, changed);
});

test("what is refused before a call begins has the shape that the description promises", async () => {
  const key = await keyOf({});
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${host.url}/json/2/res.partner/search`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
      body,
    });
  const refused: readonly (readonly [number, Promise<Response>])[] = [
    [401, post("{}", { authorization: "Bearer nonsense" })],
    [400, post("{")],
    [400, post("", { accept: "text/html" })],
    [413, post(JSON.stringify("a".repeat(8 * 1024 * 1024)))],
  ];
  for (const [status, answer] of refused) {
    const response = await answer;
    const { name, message, arguments: words, context } = JSON.parse(await response.text());
    assert.deepEqual([response.status, words, context, typeof name], [status, [message], {}, "string"]);
  }
});
