import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createUser } from "@holdfast/app-base/create-user";
import type { Actor } from "@holdfast/framework/access/actor";
import { neutralize } from "@holdfast/framework/modules/install";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { deliveryModel, webhookModel } from "@holdfast/framework/webhooks/models";
import { deliveryRetryMinutes, pumpWebhooks, sweepDeliveries } from "@holdfast/framework/webhooks/pump";
import { webhookSender } from "@holdfast/framework/webhooks/send";
import { ManualClock } from "@holdfast/kernel/clock";
import { Webhook } from "standardwebhooks";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { type Receiver, webhookReceiver } from "./webhook-receiver.ts";

let host: CompanyHost;
let receiver: Receiver;
const clock = new ManualClock(Date.now());
const system = () => host.database.system();

before(async () => {
  [host, receiver] = await Promise.all([companyHost({ clock }), webhookReceiver()]);
});
after(() => Promise.all([host.close(), receiver.close()]));
beforeEach(async () => {
  receiver.received.length = 0;
  receiver.answer = { status: 200 };
  await host.tenant.data.writing(system(), async (env) => {
    const hooks = await env.of(webhookModel).search([]);
    if (hooks.length > 0) await env.of(webhookModel).unlink(hooks);
  });
});

const sender = () =>
  webhookSender({
    ca: receiver.ca,
    resolve: async () => ["127.0.0.1"],
    mayConnect: (address) => address === "127.0.0.1",
  });
const pump = (to = sender()) => pumpWebhooks(host.tenant, to);

async function as(login: string, model: string, method: string, args: unknown[], kwargs = {}) {
  const actor = { ...(await host.actor(login)), confirmedAtMs: clock.now() };
  return dispatch(host.tenant.data, actor, { model, method, args, kwargs });
}

/** A hook of the administrator that is on. */
async function hook(values: Record<string, unknown> = {}): Promise<{ id: number; secret: string }> {
  const id = (await as("admin", "hf.webhook", "create", [
    {
      name: "Test",
      url: `https://hook.example:${receiver.port}/in?x=1`,
      res_model: "res.partner",
      ...values,
    },
  ])) as number;
  const shown = (await as("admin", "hf.webhook", "action_switch_on", [[id]])) as { secret: string };
  return { id, secret: shown.secret };
}

const deliveries = (domain: unknown[] = []) =>
  host.tenant.data
    .reading(system())
    .of(deliveryModel)
    .searchRead(domain as never, ["event", "state", "attempts", "failure", "status", "body"], {
      order: "id",
    });

test("a change is told, signed so that an independent library accepts it, and refuses it when one byte differs", async () => {
  const { secret } = await hook();
  const id = (await as("ann", "res.partner", "create", [{ name: "Told", city: "Rīga" }])) as number;
  await as("ann", "res.partner", "write", [[id], { city: "Jūrmala" }]);
  await as("ann", "res.partner", "unlink", [[id]]);
  assert.deepEqual(await pump(), { sent: 3, failed: 0, dead: 0, held: 0 });
  const told = receiver.received.map(({ body }) => JSON.parse(body));
  assert.deepEqual(told.map(({ type }) => type).sort(), [
    "res.partner.created",
    "res.partner.deleted",
    "res.partner.updated",
  ]);
  const updated = told.find(({ type }) => type === "res.partner.updated").data.records[0];
  assert.deepEqual([updated.id, updated.changed, updated.values.city], [id, ["city"], "Jūrmala"]);
  const first = receiver.received.find(({ body }) => body.includes("created"))!;
  assert.equal(first.path, "/in?x=1");
  assert.deepEqual(new Webhook(secret).verify(first.body, first.headers), JSON.parse(first.body));
  assert.throws(() => new Webhook(secret).verify(first.body.replace("R", "r"), first.headers));
  const old = {
    ...first.headers,
    "webhook-timestamp": String(Number(first.headers["webhook-timestamp"]) - 600),
  };
  assert.throws(() => new Webhook(secret).verify(first.body, old));
});

test("what rolls back is not told; what changes twice in one transaction is told once", async () => {
  await hook();
  const data = host.tenant.data;
  const actor = await host.actor("ann");
  await assert.rejects(
    data.writing(actor, async (env) => {
      await env.model("res.partner").create([{ name: "Never" }]);
      throw new Error("no");
    }),
  );
  await as("ann", "res.partner", "preview", [[], { name: "Only shown" }, ["name"]]);
  assert.equal((await deliveries()).length, 0);
  await data.writing(actor, async (env) => {
    const [id] = await env.model("res.partner").create([{ name: "Once" }]);
    await env.model("res.partner").write([id as number], { name: "Once, then again" });
  });
  const told = await deliveries();
  assert.deepEqual(
    told.map(({ event }) => event),
    ["res.partner.created"],
  );
  assert.match(JSON.stringify(told[0]?.body), /Once, then again/);
});

test("only what the owner may read is told: no hidden field, no hidden record, not even that one changed", async () => {
  await hook({ res_model: "product.template", field_names: "name\nstandard_price\nno_such" });
  await hook({ res_model: "res.users" });
  await host.tenant.data.writing(system(), async (env) => {
    const [id] = await env.model("product.template").search([], { limit: 1 });
    await env.model("product.template").write([id as number], { standard_price: "77.77" });
    await env.model("res.users").write([await host.userId("cy")], { password_hash: "x".repeat(40) });
  });
  const told = JSON.stringify(await deliveries());
  assert.equal(told.includes("77.77"), true, "its owner may read costs");
  assert.equal(told.includes("password_hash"), false);
  assert.equal(told.includes("x".repeat(40)), false);
});

test("an administrator who sees no costs is told of products without them, and not that one changed", async () => {
  const { tenant, database } = host;
  const id = await tenant.data.writing(database.system(), (env) =>
    createUser(env, { login: "dee", name: "Dee", groups: ["base.admin"] }),
  );
  const dee = { ...((await tenant.identity.actorOf(id)) as Actor), confirmedAtMs: clock.now() };
  assert.equal(dee.groups.has("products.manager"), false);
  const call = (method: string, args: unknown[]) =>
    dispatch(tenant.data, dee, { model: "hf.webhook", method, args, kwargs: {} });
  const url = `https://hook.example:${receiver.port}/in`;
  const hooked = await call("create", [{ name: "Dee's", url, res_model: "product.template" }]);
  await call("action_switch_on", [[hooked]]);
  const change = (values: Record<string, unknown>) =>
    tenant.data.writing(system(), async (env) => {
      const [product] = await env.model("product.template").search([], { limit: 1 });
      await env.model("product.template").write([product as number], values);
    });
  const own = () => deliveries([["hook_id", "=", hooked]]);
  await change({ standard_price: "55.55" });
  assert.deepEqual(await own(), []);
  await change({ standard_price: "66.66", name: "Told to Dee" });
  const told = JSON.stringify(await own());
  assert.match(told, /Told to Dee/);
  assert.doesNotMatch(told, /standard_price|[56]{2}\.[56]{2}/);
});

test("nobody but its owner changes where a hook tells; nobody sees its secret or its messages' content", async () => {
  const { id } = await hook();
  for (const login of ["ann", "bo", "cy"])
    await assert.rejects(as(login, "hf.webhook", "search_read", [[]]), { code: "access_denied" });
  for (const field of ["secret"])
    await assert.rejects(as("admin", "hf.webhook", "read", [[id], [field]]), { code: "invalid" });
  await assert.rejects(as("admin", "hf.webhook.delivery", "search_read", [[], ["body"]]), {
    code: "invalid",
  });
  await assert.rejects(as("admin", "hf.webhook", "write", [[id], { user_id: await host.userId("bo") }]));
  await assert.rejects(as("admin", "hf.webhook", "write", [[id], { state: "on" }]));
  await host.tenant.data.writing(system(), async (env) =>
    env.of(webhookModel).write([id], { user_id: await host.userId("bo") }),
  );
  await assert.rejects(as("admin", "hf.webhook", "write", [[id], { url: "https://mine.example/" }]), {
    code: "access_denied",
  });
});

test("a failure is tried again, later each time, then given up and listed; a person tries it once more", async () => {
  await hook();
  receiver.answer = { status: 500 };
  await as("ann", "res.partner", "create", [{ name: "Patience" }]);
  for (const minutes of deliveryRetryMinutes) {
    assert.equal((await pump()).failed, 1);
    assert.equal((await pump()).failed, 0, "not before its time");
    clock.advance(minutes * 60_000 + 1_000);
  }
  assert.equal((await pump()).dead, 1);
  const [dead] = await deliveries();
  assert.deepEqual([dead?.state, dead?.status, dead?.failure], ["dead", 500, "It answered 500."]);
  const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
  assert.equal(ids.size, 1, "a repetition is known by its id");
  receiver.answer = { status: 204 };
  await as("admin", "hf.webhook.delivery", "action_retry", [[dead!.id]]);
  assert.equal((await pump()).sent, 1);
});

test("a redirect is not followed; 410 switches the hook off; a hook that is off, or whose owner left, tells nothing", async () => {
  const { id } = await hook();
  const canary = await webhookReceiver();
  receiver.answer = { status: 302, headers: { location: `https://hook.example:${canary.port}/` } };
  await as("ann", "res.partner", "create", [{ name: "Away" }]);
  assert.equal((await pump()).failed, 1);
  assert.equal(canary.connections, 0);
  await canary.close();
  clock.advance(3_600_000);
  receiver.answer = { status: 410 };
  assert.equal((await pump()).dead, 1);
  await as("ann", "res.partner", "create", [{ name: "Nobody listens" }]);
  assert.equal((await deliveries([["state", "=", "waiting"]])).length, 0);
  await as("admin", "hf.webhook", "action_switch_on", [[id]]);
  await as("ann", "res.partner", "create", [{ name: "Queued" }]);
  const admin = await host.userId("admin");
  const setActive = (active: boolean) =>
    host.tenant.data.writing(system(), (env) => env.model("res.users").write([admin], { active }));
  await setActive(false);
  assert.equal((await pump()).held, 1);
  await setActive(true);
});

test("a message that waits tells nothing that its owner may not read by the time it is sent", async () => {
  await hook({ res_model: "sale.order" });
  const make = async () =>
    Number(await as("admin", "sale.order", "create", [{ partner_id: 1, note: "for the hook's owner" }]));
  const [kept, lost] = [await make(), await make()];
  const rule = await as("admin", "ir.rule", "create", [
    {
      name: "Not this one",
      model_id: ((await as("admin", "ir.model", "search", [[["model", "=", "sale.order"]]])) as number[])[0],
      domain_force: `id != ${lost}`,
    },
  ]);
  assert.deepEqual(await pump(), { sent: 1, failed: 0, dead: 0, held: 1 });
  const told = receiver.received.map(({ body }) =>
    JSON.parse(body).data.records.map((one: { id: number }) => one.id),
  );
  assert.deepEqual(told, [[kept]]);
  await as("admin", "ir.rule", "unlink", [[rule]]);
  await make();
  const admin = await host.userId("admin");
  const groups = (command: 3 | 4, ids: readonly number[]) =>
    host.tenant.data.writing(system(), (env) =>
      env.model("res.users").write([admin], { groups_id: ids.map((id) => [command, id]) }),
    );
  const [held] = await host.tenant.data.reading(system()).model("res.users").read([admin], ["groups_id"]);
  const all = held?.["groups_id"] as readonly number[];
  await groups(3, all);
  assert.deepEqual(await pump(), { sent: 0, failed: 0, dead: 0, held: 1 });
  await groups(4, all);
});

test("lines that go with their order are told of like it, as far as the hook's owner sees them", async () => {
  await hook({ res_model: "sale.order.line", on_create: false, on_write: false });
  const order_line = [
    [0, 0, { name: "a" }],
    [0, 0, { name: "b" }],
  ];
  const id = Number(await as("ann", "sale.order", "create", [{ partner_id: 1, order_line }]));
  const [order] = (await as("ann", "sale.order", "read", [[id], ["order_line"]])) as {
    order_line: number[];
  }[];
  await as("ann", "sale.order", "unlink", [[id]]);
  const [message] = await deliveries([["event", "=", "sale.order.line.deleted"]]);
  const body = message?.body as { data: { records: { id: number }[] } };
  assert.deepEqual(body.data.records.map((one) => one.id).sort(), [...(order?.order_line ?? [])].sort());
});

test("no private address is reached, in whatever form it is written or whatever the name turns into", async () => {
  const canary = await webhookReceiver("127.0.0.2");
  const send = (url: string, options = {}) =>
    webhookSender({ ca: canary.ca, ...options }).send({ url, headers: {}, body: "{}" });
  const { port } = canary;
  const hosts = [
    "127.0.0.2",
    "2130706434",
    "0x7f000002",
    "0177.0.0.2",
    "127.2",
    "[::ffff:127.0.0.2]",
    "[::1]",
    "0",
  ];
  for (const name of [...hosts, "localhost"])
    assert.equal((await send(`https://${name}:${port}/`)).kind, "failed", name);
  const turning = ["93.184.215.14", "127.0.0.2"];
  const answers = [["127.0.0.2"], ["10.0.0.1", "fd00::1"], ["::ffff:127.0.0.2"], ["64:ff9b::7f00:2"], []];
  for (const addresses of answers)
    assert.equal(
      (await send(`https://hook.example:${port}/`, { resolve: async () => addresses })).kind,
      "failed",
    );
  assert.equal(canary.connections, 0);
  // The name is asked once: a second answer, which would lead inside, is never heard.
  let asked = 0;
  const resolve = async () => [turning[asked++] ?? "127.0.0.2"];
  const reached: string[] = [];
  const mayConnect = (address: string) => {
    reached.push(address);
    return false;
  };
  await send(`https://hook.example:${port}/`, { resolve, mayConnect });
  assert.deepEqual([asked, reached], [1, ["93.184.215.14"]]);
  assert.equal(canary.connections, 0);
  assert.equal(
    (
      await send(`https://hook.example:${port}/`, {
        resolve: async () => ["127.0.0.2"],
        mayConnect: () => true,
      })
    ).kind,
    "accepted",
  );
  await canary.close();
});

test("an address that cannot be one is refused when it is written", async () => {
  for (const url of [
    "http://hook.example/",
    "ftp://hook.example/",
    "https://user:pw@hook.example/",
    "https://hook.example:25/",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://0x7f.1/",
    "javascript:alert(1)",
    "no address",
  ])
    await assert.rejects(hook({ url }), { code: "invalid" }, url);
  await assert.rejects(hook({ res_model: "hf.webhook.delivery" }), { code: "invalid" });
  await assert.rejects(hook({ res_model: "no.model" }), { code: "not_found" });
});

test("many changed records go in messages of bounded size", async () => {
  await hook({ field_names: "name" });
  await as("ann", "res.partner", "create", [
    Array.from({ length: 250 }, (_, at) => ({ name: `Many ${at}` })),
  ]);
  await hook({ name: "All of it" });
  await as("ann", "res.partner", "create", [
    Array.from({ length: 100 }, () => ({ name: "Long", comment: "x".repeat(60_000) })),
  ]);
  assert.equal((await pump()).failed, 0);
  for (const { body } of receiver.received) assert.ok(body.length <= 262_144, `${body.length}`);
  const counts = receiver.received.map(({ body }) => JSON.parse(body).data.records.length);
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    450,
  );
  assert.ok(receiver.received.some(({ body }) => JSON.parse(body).data.truncated === true));
});

test("nothing of a neutralized copy is told, of what waits and of what is new; and its hooks and secrets are gone", async () => {
  await hook();
  await as("ann", "res.partner", "create", [{ name: "Waits in the copy" }]);
  const copy = { ...host.tenant, neutralized: true };
  const nothing = { sent: 0, failed: 0, dead: 0, held: 0 };
  const before = receiver.connections;
  assert.deepEqual(await pumpWebhooks(copy, sender()), nothing);
  await as("ann", "res.partner", "create", [{ name: "New in the copy" }]);
  assert.deepEqual(await pumpWebhooks(copy, sender()), nothing);
  assert.equal(receiver.connections, before);
  assert.equal((await pump()).sent, 2);
  assert.equal(receiver.received.length, 2);
  await as("ann", "res.partner", "create", [{ name: "Copied" }]);
  await neutralize(host.tenant.data);
  assert.deepEqual((await deliveries()).map(({ state }) => state).sort(), ["held", "sent", "sent"]);
  const [left] = await host.tenant.data
    .reading(system())
    .of(webhookModel)
    .searchRead([], ["state", "secret"]);
  assert.deepEqual([left?.state, left?.secret], ["off", null]);
});

test("messages that are over are removed after their time", async () => {
  await hook();
  await as("ann", "res.partner", "create", [{ name: "Old news" }]);
  await pump();
  assert.equal(await sweepDeliveries(host.tenant), 0);
  clock.advance(8 * 86_400_000);
  assert.equal(await sweepDeliveries(host.tenant), 1);
});

test("asking whether somebody wants to know costs a change no statement", async () => {
  const actor = await host.actor("ann");
  const create = () =>
    dispatch(host.tenant.data, actor, {
      model: "res.partner",
      method: "create",
      args: [{ name: "x" }],
      kwargs: {},
    });
  const texts = await host.database.statements(create);
  assert.ok(
    texts.every((text) => !/^\s*SELECT[^(]*hf_webhook/.test(text)),
    texts.join("\n"),
  );
  assert.equal(
    texts.filter((text) => text.includes("hf_webhook")).length,
    texts.filter((text) => /INSERT INTO "res_partner"|UPDATE "res_partner"/.test(text)).length,
  );
});
