import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import jsonRpcClient from "@fernandoslim/odoo-jsonrpc";
import { OdooClient } from "odoo-xmlrpc-ts";
import { type CompanyHost, companyHost, passwords } from "./company-host.ts";

/** CommonJS: the class is the `default` of what is imported by default. */
const OdooJSONRpc = jsonRpcClient.default;

let host: CompanyHost;
let key: string;

before(async () => {
  host = await companyHost();
  key = await host.key("ann");
});
after(() => host.close());

const xmlRpc = (password: string, username = "ann") =>
  new OdooClient({ url: host.url, db: "acme", username, password });

function jsonRpc(credentials: Record<string, string>) {
  const { hostname, port } = new URL(host.url);
  return new OdooJSONRpc({
    baseUrl: `http://${hostname}`,
    port: Number(port),
    db: "acme",
    username: "ann",
    ...credentials,
  });
}

test("odoo-xmlrpc-ts: version, authenticate with a password, create a partner, find it, change it, delete it", async () => {
  const client = xmlRpc(passwords.ann);
  assert.equal((await client.version()).server_version, "19.0");
  assert.equal(await client.authenticate(), await host.userId("ann"));
  const id = await client.create("res.partner", {
    name: "Zoë & Łukasz <GmbH>",
    is_company: true,
    email: "z@example.com",
  });
  const found = await client.searchRead("res.partner", [["name", "ilike", "ZOE & LUKASZ"]], {
    fields: ["name", "email", "parent_id"],
  });
  assert.deepEqual(found, [{ id, name: "Zoë & Łukasz <GmbH>", email: "z@example.com", parent_id: false }]);
  assert.equal(await client.write("res.partner", [id], { city: "Rīga" }), true);
  assert.deepEqual(await client.read("res.partner", [id], ["city"]), [{ id, city: "Rīga" }]);
  assert.equal(await client.searchCount("res.partner", [["id", "=", id]]), 1);
  assert.equal((await client.fieldsGet("res.partner"))["email"]?.type, "char");
  assert.equal(await client.unlink("res.partner", [id]), true);
  assert.deepEqual(await client.search("res.partner", [["id", "=", id]]), []);
});

test("odoo-xmlrpc-ts: an API key stands for the password; amounts arrive as numbers", async () => {
  const client = xmlRpc(key);
  const [order] = await client.searchRead<{ amount_total: number; partner_id: [number, string] }>(
    "sale.order",
    [["partner_id.name", "=", "Nordlys Arkitekter"]],
    { fields: ["amount_total", "partner_id", "date_order"], limit: 1 },
  );
  assert.equal(order?.amount_total, 7129.32);
  assert.equal(order?.partner_id[1], "Nordlys Arkitekter");
});

test("odoo-xmlrpc-ts: a wrong password and a wrong database do not authenticate", async () => {
  await assert.rejects(xmlRpc("wrong password").authenticate());
  await assert.rejects(
    new OdooClient({ url: host.url, db: "other", username: "ann", password: passwords.ann }).authenticate(),
  );
});

test("odoo-xmlrpc-ts: private methods and hidden records are refused", async () => {
  const client = xmlRpc(key);
  await assert.rejects(client.execute("res.partner", "_compute_display_name", [[1]]), /does not exist/);
  const hidden = await otherOrder();
  await assert.rejects(client.read("sale.order", [hidden], ["name"]), /does not exist or has been deleted/);
});

test("@fernandoslim/odoo-jsonrpc: a session by password: create, read, update, search, act, delete", async () => {
  const client = jsonRpc({ password: passwords.ann });
  const session = (await client.connect()) as { uid: number; username: string; db: string };
  assert.deepEqual([session.uid, session.username, session.db], [await host.userId("ann"), "ann", "acme"]);
  const id = await client.create("res.partner", { name: "Øystein Ødegård", function: "Architect" });
  assert.deepEqual(await client.read("res.partner", id, ["name", "function"]), [
    { id, name: "Øystein Ødegård", function: "Architect" },
  ]);
  assert.equal(await client.update("res.partner", id, { email: "oystein@example.com" }), true);
  const found = await client.searchRead("res.partner", [["name", "ilike", "oystein"]], ["email"], {
    limit: 5,
  });
  assert.deepEqual(found, [{ id, email: "oystein@example.com" }]);
  const order = await client.create("sale.order", {
    partner_id: id,
    order_line: [[0, 0, { name: "Plan", price_unit: 100.1, product_uom_qty: 3 }]],
  });
  assert.equal(await client.action("sale.order", "action_quotation_send", [order]), true);
  assert.deepEqual(await client.read("sale.order", [order], ["state", "amount_total"]), [
    { id: order, state: "sent", amount_total: 300.3 },
  ]);
  assert.equal((await client.getFields("sale.order")).state.type, "selection");
  assert.equal(await client.disconnect(), true);
});

test("@fernandoslim/odoo-jsonrpc: a session ends with disconnect", async () => {
  const client = jsonRpc({ password: passwords.bo, username: "bo" });
  await client.connect();
  const sessionId = client.sessionId as string;
  await client.disconnect();
  const again = jsonRpc({ sessionId });
  await assert.rejects(again.connect());
});

test("@fernandoslim/odoo-jsonrpc: an API key, and the refusals of private methods and hidden records", async () => {
  const client = jsonRpc({ apiKey: key });
  await client.connect();
  assert.equal(client.uId, await host.userId("ann"));
  assert.ok((await client.search("res.country", [["code", "=", "LV"]])).length === 1);
  for (const method of ["_write", "constructor", "__proto__", "toString", "sudo", "run"])
    await assert.rejects(client.call_kw("sale.order", method, [[1]]), /does not exist/);
  const hidden = await otherOrder();
  await assert.rejects(
    client.update("sale.order", hidden, { note: "mine" }),
    /does not exist or has been deleted/,
  );
  await assert.rejects(client.delete("sale.order", 999_999), /does not exist or has been deleted/);
});

test("both libraries get one and the same refusal for a hidden record and a missing one, and none for what is not declared", async () => {
  const [xml, json] = [xmlRpc(key), jsonRpc({ apiKey: key })];
  await json.connect();
  const hidden = await otherOrder();
  const ways: readonly (readonly [
    string,
    (model: string, method: string, args: unknown[]) => Promise<unknown>,
  ])[] = [
    ["odoo-xmlrpc-ts", (model, method, args) => xml.execute(model, method, args)],
    ["@fernandoslim/odoo-jsonrpc", (model, method, args) => json.call_kw(model, method, args)],
  ];
  for (const [name, call] of ways) {
    const refusal = async (model: string, method: string, args: unknown[]) =>
      call(model, method, args).then(
        (answer) => `answered ${JSON.stringify(answer)}`,
        (error: Error) => error.message,
      );
    for (const [method, more] of [
      ["read", [["name"]]],
      ["write", [{ note: "mine" }]],
      ["unlink", []],
      ["copy", []],
      ["action_confirm", []],
    ] as const) {
      const [one, other] = [
        await refusal("sale.order", method, [[hidden], ...more]),
        await refusal("sale.order", method, [[999_999], ...more]),
      ];
      assert.equal(one, other, `${name} ${method}`);
      assert.match(one, /does not exist or has been deleted/, `${name} ${method}`);
    }
    for (const method of [
      "_write",
      "__init__",
      "constructor",
      "__proto__",
      "toString",
      "hasOwnProperty",
      "then",
      "sudo",
      "env",
      "run",
    ])
      assert.match(await refusal("sale.order", method, [[1]]), /does not exist/, `${name} ${method}`);
    for (const model of ["no.such.model", "constructor", "__proto__"])
      assert.match(await refusal(model, "read", [[1]]), /There is no model/, `${name} ${model}`);
    assert.match(
      await refusal("res.users", "search", [[["password_hash", "!=", false]]]),
      /has no field/,
      name,
    );
  }
});

/** An order of Bo, which a rule hides from Ann. */
async function otherOrder(): Promise<number> {
  const env = host.tenant.data.reading(await host.actor("bo"));
  const [id] = await env
    .model("sale.order")
    .search([["user_id", "=", await host.userId("bo")]], { limit: 1 });
  return id as number;
}
