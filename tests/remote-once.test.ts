import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { queueJob, runJobs } from "@holdfast/framework/jobs/job-queue";
import { ownJob } from "@holdfast/framework/jobs/own-job";
import { many2one, money, text } from "@holdfast/framework/model/field";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { noInput } from "@holdfast/framework/modules/input";
import { keptHours, sweepOnce } from "@holdfast/framework/remote/call-once";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { keyCaller } from "./key-caller.ts";

let host: CompanyHost;
const clock = new ManualClock(Date.parse("2026-11-22T10:00:00Z"));
const { keyOf, call, rpc } = keyCaller(() => host);

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
