import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ApiKeyOptions } from "@holdfast/framework/identity/identity";
import { apiKeysModel } from "@holdfast/framework/identity/models";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { queueJob, runJobs } from "@holdfast/framework/jobs/job-queue";
import { ownJob } from "@holdfast/framework/jobs/own-job";
import { many2one, money, text } from "@holdfast/framework/model/field";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { noInput } from "@holdfast/framework/modules/input";
import { keptHours, sweepOnce } from "@holdfast/framework/remote/call-once";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
const clock = new ManualClock(Date.parse("2026-11-22T10:00:00Z"));

/** A field that is not for all who may change contacts, and a method that tells it. */
const limitsApp: App = {
  name: "limits",
  label: "Limits",
  version: "1",
  depends: ["contacts", "sales"],
  models: [],
  extensions: [
    {
      model: "res.partner",
      fields: {
        credit: text({ label: "Credit", groups: ["sales.manager"] }),
        pledge: money({ label: "Pledge", currencyField: "pledged_in" }),
        pledged_in: many2one("res.currency", { label: "Pledged in", groups: ["sales.manager"] }),
      },
      methods: {
        raise_credit: remoteMethod({
          label: "Raise the credit",
          on: "records",
          effect: "write",
          input: noInput,
          async run(env, ids) {
            const [row] = await env.model("res.partner").read(ids, ["credit" as never]);
            return row;
          },
        }),
      },
    },
  ],
};

before(async () => {
  host = await companyHost({ clock, more: [limitsApp] });
});
after(() => host.close());

const keyOf = async (options: ApiKeyOptions, login = "ann") =>
  host.tenant.identity.createApiKey(await host.userId(login), "test", options);

async function call(key: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${host.url}/json/2/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

async function rpc(key: string, model: string, method: string, args: unknown[], kwargs = {}) {
  const uid = await host.userId("ann");
  const params = {
    service: "object",
    method: "execute_kw",
    args: ["acme", uid, key, model, method, args, kwargs],
  };
  const response = await fetch(`${host.url}/jsonrpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, params }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
}

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

test("a create under a key happens once, however often and wherever it is asked for", async () => {
  const key = await keyOf({});
  const create = (name: string, once: string) =>
    call(key, "res.partner/create", { vals_list: { name } }, { "idempotency-key": once });
  const first = await create("Once & only", "k-1");
  assert.deepEqual((await create("Once & only", "k-1")).body, first.body);
  const count = async (name: string) =>
    (await call(key, "res.partner/search_count", { domain: [["name", "=", name]] })).body;
  assert.equal(await count("Once & only"), 1);
  const other = await create("Another body", "k-1");
  assert.equal(other.status, 422);
  assert.match(JSON.stringify(other.body), /used for another call/);
  assert.equal(await count("Another body"), 0);
  const together = await Promise.all(Array.from({ length: 8 }, () => create("Eight at once", "k-2")));
  assert.equal(new Set(together.map(({ body }) => JSON.stringify(body))).size, 1);
  assert.equal(
    together.every(({ status }) => status === 200),
    true,
  );
  assert.equal(await count("Eight at once"), 1);
});

test("the context carries the key on the other doors; what failed may be tried again; another caller's key is another key", async () => {
  const key = await keyOf({});
  const context = { idempotency_key: "k-3" };
  const one = await rpc(key, "res.partner", "create", [{ name: "By RPC" }], { context });
  const two = await rpc(key, "res.partner", "create", [{ name: "By RPC" }], { context });
  assert.deepEqual(two.body, one.body);
  const headers = { "idempotency-key": "k-4" };
  assert.equal((await call(key, "res.partner/create", { vals_list: {} }, headers)).status, 422);
  const right = await call(key, "res.partner/create", { vals_list: { name: "Right now" } }, headers);
  assert.equal(right.status, 200);
  const bo = await keyOf({}, "bo");
  const others = await call(bo, "res.partner/create", { vals_list: { name: "Right now" } }, headers);
  assert.notDeepEqual(others.body, right.body);
  assert.equal((await call(key, "res.partner/load", { fields: ["name"], data: [] }, headers)).status, 400);
  assert.equal((await call(key, "res.partner/create", {}, { "idempotency-key": "with space" })).status, 400);
});

test("who has lost the right since gets a refusal for a repetition, not the former answer", async () => {
  const key = await keyOf({});
  const headers = { "idempotency-key": "k-lost" };
  const create = { vals_list: { partner_id: 1 } };
  const made = await call(key, "sale.order/create", create, headers);
  assert.equal(made.status, 200);
  const write = { ids: [made.body], vals: { note: "mine" } };
  const again = { "idempotency-key": "k-lost-2" };
  assert.equal((await call(key, "sale.order/write", write, again)).status, 200);
  const data = host.database.data;
  const give = (user: number) =>
    data.writing(host.database.system(), (env) =>
      env.model("sale.order").write([Number(made.body)], { user_id: user }),
    );
  await give(await host.userId("bo"));
  const hidden = await call(key, "sale.order/write", write, again);
  const missing = await call(
    key,
    "sale.order/write",
    { ids: [999_999], vals: {} },
    { "idempotency-key": "k-6" },
  );
  assert.equal(hidden.status, 404);
  assert.deepEqual(hidden.body, missing.body);
  const ann = await host.userId("ann");
  await give(ann);
  const group = (command: 3 | 4) =>
    data.writing(host.database.system(), async (env) => {
      const keys = ["sales.user", "sales.manager"];
      const ids = await env.model("res.groups").search([["key", "in", keys]]);
      const held = await env.model("res.users").read([ann], ["groups_id"]);
      const own = ids.filter((id) => ((held[0]?.["groups_id"] ?? []) as readonly number[]).includes(id));
      await env
        .model("res.users")
        .write([ann], { groups_id: (command === 3 ? own : ids.slice(0, 1)).map((id) => [command, id]) });
    });
  await group(3);
  assert.equal((await call(key, "sale.order/create", create, headers)).status, 403);
  await group(4);
  assert.deepEqual((await call(key, "sale.order/create", create, headers)).body, made.body);
});

test("who has lost the right on a field since gets no answer to a call that names it, nor one of an app's method", async () => {
  const ann = await host.userId("ann");
  const manager = (command: 3 | 4) =>
    host.database.data.writing(host.database.system(), async (env) => {
      const keys = command === 4 ? ["sales.manager", "sales.user"] : ["sales.manager"];
      const ids = await env.model("res.groups").search([["key", "in", keys]]);
      await env.model("res.users").write([ann], { groups_id: ids.map((id) => [command, id]) });
    });
  await manager(4);
  const key = await keyOf({});
  const made = await call(key, "res.partner/create", { vals_list: { name: "Plain" } });
  const ids = [made.body as number];
  const named: readonly (readonly [string, unknown])[] = [
    ["write", { ids, vals: { credit: "900" } }],
    ["create", { vals_list: [{ name: "a" }, { name: "b", credit: "900" }] }],
    ["create", { vals_list: { name: "c", child_ids: [[0, 0, { name: "d", credit: "900" }]] } }],
    ["write", { ids, vals: { name: "e" }, expected: { credit: "900" } }],
    ["copy", { ids, default: { credit: "1" } }],
    ["raise_credit", { ids }],
  ];
  const plain = [["write", { ids, vals: { name: "Plain again" } }]] as const;
  const ask = (calls: readonly (readonly [string, unknown])[], tag: string) =>
    Promise.all(
      calls.map(async ([method, body], at) => {
        const headers = { "idempotency-key": `field-${tag}-${at}` };
        const answer = await call(key, `res.partner/${method}`, body, headers);
        return { status: answer.status, text: JSON.stringify(answer.body) };
      }),
    );
  const first: { readonly status: number }[] = [];
  for (const [at, one] of named.entries()) first.push(...(await ask([one], `named${at}`)));
  await ask(plain, "plain");
  assert.deepEqual(new Set(first.map(({ status }) => status)), new Set([200]), JSON.stringify(first));
  await manager(3);
  for (const [at, one] of named.entries()) {
    const [again] = await ask([one], `named${at}`);
    assert.equal(again?.status, 403, `${one[0]} ${again?.text}`);
    assert.doesNotMatch(again?.text ?? "", /900|credit/i);
  }
  assert.equal((await ask(plain, "plain"))[0]?.status, 200);
});

test("a method whose answer is a secret takes no key: the secret is kept nowhere", async () => {
  const key = await keyOf({}, "admin");
  const values = { name: "Once", url: "https://hook.example/in", res_model: "res.partner" };
  const id = (await call(key, "hf.webhook/create", { vals_list: values })).body;
  for (const method of ["action_switch_on", "action_new_secret"]) {
    const refused = await call(
      key,
      `hf.webhook/${method}`,
      { ids: [id] },
      { "idempotency-key": `k-${method}` },
    );
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    assert.match(JSON.stringify(refused.body), /takes no idempotency key/);
    const shown = await call(key, `hf.webhook/${method}`, { ids: [id] });
    assert.match(JSON.stringify(shown.body), /whsec_/);
  }
  const env = host.database.data.reading(host.database.system());
  const kept = await env.model("hf.api.once").searchRead([], ["result", "method"]);
  assert.doesNotMatch(JSON.stringify(kept), /whsec_/);
});

test("no job answers a secret, and the answer of one is told to nobody who has lost the right since", async () => {
  const { tenant } = host;
  const byKey = async (login: string) => {
    const found = await tenant.identity.apiKey(await keyOf({}, login));
    assert.ok(found);
    return found;
  };
  const admin = await byKey("admin");
  const values = { name: "Job", url: "https://hook.example/in", res_model: "res.partner" };
  const [hook] = await tenant.data.writing(admin.actor, (env) => env.model("hf.webhook").create([values]));
  const secret = { model: "hf.webhook", method: "action_new_secret", args: [[hook]], kwargs: {} };
  await assert.rejects(queueJob(tenant.data, admin, secret), { code: "bad_request" });
  const groups = (key: string, command: 3 | 4) =>
    tenant.data.writing(host.database.system(), async (env) => {
      const [group = 0] = await env.model("res.groups").search([["key", "=", key]]);
      await env.model("res.users").write([await host.userId("bo")], { groups_id: [[command, group]] });
    });
  await groups("contacts.user", 4);
  const bo = await byKey("bo");
  const orders = { model: "sale.order", method: "search_read", args: [[], ["name"]], kwargs: {} };
  const id = await queueJob(tenant.data, bo, orders);
  await runJobs(tenant);
  const told = async () => ownJob(tenant.data.reading(await host.actor("bo")), id);
  const first = await told();
  assert.match(JSON.stringify(first?.result), /"name":/);
  assert.equal(await ownJob(tenant.data.reading(await host.actor("ann")), id), undefined);
  const read = tenant.data.reading(bo.actor).of(jobModel).read([id], ["result"]);
  await assert.rejects(read, { code: "invalid" });
  await groups("sales.manager", 3);
  const later = await told();
  assert.deepEqual([later?.state, later?.result], ["done", null]);
  assert.doesNotMatch(JSON.stringify(later), /"name":/);
  await groups("sales.manager", 4);
  assert.deepEqual(await told(), first);
});

test("the currency of an amount is told nowhere to who may not read it", async () => {
  const bo = await host.call("bo", "res.currency", "search", [[["name", "=", "EUR"]]]);
  const values = { name: "Pledger", pledge: "12.50", pledged_in: bo[0] };
  const [id] = await host.database.data.writing(host.database.system(), (env) =>
    env.model("res.partner").create([values]),
  );
  const sums = (login: string) =>
    host.call(login, "res.partner", "formatted_read_group", [], {
      domain: [["id", "=", id]],
      groupby: [],
      aggregates: ["pledge:by_currency"],
    });
  assert.match(JSON.stringify(await sums("bo")), /12\.5/);
  const refused = await sums("ann").catch((error: Error) => error);
  assert.ok(refused instanceof ExpectedError);
  assert.doesNotMatch(`${refused.message} ${refused.hint}`, /pledged_in|Pledged in/);
  const described = JSON.stringify(await host.call("ann", "res.partner", "fields_get", []));
  assert.match(described, /"pledge"/);
  assert.doesNotMatch(described, /pledged_in/);
});

test("an answer is kept a day, then its key is free", async () => {
  const key = await keyOf({});
  const headers = { "idempotency-key": "k-5" };
  const body = { vals_list: { name: "Kept a day" } };
  const first = await call(key, "res.partner/create", body, headers);
  clock.advance((keptHours * 60 - 1) * 60_000);
  assert.deepEqual((await call(key, "res.partner/create", body, headers)).body, first.body);
  clock.advance(2 * 60_000);
  assert.notDeepEqual((await call(key, "res.partner/create", body, headers)).body, first.body);
  clock.advance(keptHours * 3_600_000 + 1_000);
  assert.ok((await sweepOnce(host.database.data, host.database.system())) >= 1);
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
