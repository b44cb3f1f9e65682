import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { xmlValue } from "@holdfast/framework/remote/xml-write";
import { sql } from "@holdfast/framework/sql/sql";
import { type CompanyHost, companyHost, passwords } from "./company-host.ts";

let host: CompanyHost;
let key: string;
let uid: number;
let hiddenOrder: number;
const missingOrder = 999_999;

before(async () => {
  host = await companyHost();
  key = await host.key("ann");
  uid = await host.userId("ann");
  const env = host.tenant.data.reading(await host.actor("bo"));
  const [id] = await env
    .model("sale.order")
    .search([["user_id", "=", await host.userId("bo")]], { limit: 1 });
  hiddenOrder = id as number;
});
after(() => host.close());

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

async function post(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(host.url + path, { method: "POST", body, headers });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** One call through one door, with the credentials of that door. */
type Door = (
  model: string,
  method: string,
  args: unknown[],
  kwargs?: Record<string, unknown>,
) => Promise<Answer>;

const json = { "content-type": "application/json" };
const rpc = (params: unknown) => JSON.stringify({ jsonrpc: "2.0", method: "call", id: 7, params });
const xmlCall = (method: string, params: unknown[]) =>
  `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params.map((one) => `<param>${xmlValue(one)}</param>`).join("")}</params></methodCall>`;

const doors: Readonly<Record<string, Door>> = {
  "JSON-RPC": (model, method, args, kwargs = {}) =>
    post(
      "/jsonrpc",
      rpc({ service: "object", method: "execute_kw", args: ["acme", uid, key, model, method, args, kwargs] }),
      json,
    ),
  "XML-RPC": (model, method, args, kwargs = {}) =>
    post("/xmlrpc/2/object", xmlCall("execute_kw", ["acme", uid, key, model, method, args, kwargs]), {
      "content-type": "text/xml",
    }),
  "JSON-2": (model, method, args, kwargs = {}) => {
    const [ids, values] = args;
    const named =
      method === "write" ? { ids, vals: values } : Array.isArray(ids) && method !== "search" ? { ids } : {};
    return post(`/json/2/${model}/${encodeURIComponent(method)}`, JSON.stringify({ ...named, ...kwargs }), {
      ...json,
      authorization: `Bearer ${key}`,
    });
  },
  session: async (model, method, args, kwargs = {}) =>
    post("/web/dataset/call_kw", rpc({ model, method, args, kwargs }), {
      ...json,
      cookie: await cookie(),
      origin: host.url,
    }),
};

let signedIn: string | undefined;
async function cookie(): Promise<string> {
  if (signedIn !== undefined) return signedIn;
  const response = await fetch(`${host.url}/web/session/authenticate`, {
    method: "POST",
    headers: { ...json, origin: host.url },
    body: rpc({ db: "acme", login: "ann", password: passwords.ann }),
  });
  signedIn = response.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  return signedIn;
}

const undeclared = [
  "_write",
  "__init__",
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
  "run",
  "env",
  "sudo",
  "with_user",
  "browse",
  "filtered",
  "mapped",
  "invalidate_cache",
  "searchRead",
  "nameSearch",
  "readGroup",
  "system",
  "of",
  "then",
  "write ",
  " write",
  "WRITE",
  "",
  "create.call",
  "moveOrders",
  "computes",
  "methods",
];

for (const [name, door] of Object.entries(doors)) {
  test(`${name}: a method that is not declared, private, inherited or misspelt does not exist`, async () => {
    for (const method of undeclared) {
      if (name === "JSON-2" && method === "") continue;
      const { status, body } = await door("sale.order", method, [[1]]);
      assert.match(body, /does not exist/, method);
      assert.doesNotMatch(body, /stack|\.ts|SELECT|node:/, method);
      assert.equal(status, name === "JSON-2" ? 404 : 200, method);
    }
  });

  test(`${name}: a record that a rule hides answers byte for byte like one that does not exist`, async () => {
    for (const [method, more] of [
      ["read", []],
      ["write", [{ note: "mine" }]],
      ["unlink", []],
      ["action_confirm", []],
      ["copy", []],
      ["export_data", []],
    ] as const) {
      const kwargs = method === "export_data" ? { fields_to_export: ["name"] } : {};
      const [hidden, missing] = [
        await door("sale.order", method, [[hiddenOrder], ...more], kwargs),
        await door("sale.order", method, [[missingOrder], ...more], kwargs),
      ];
      assert.equal(hidden.body, missing.body, method);
      assert.equal(hidden.status, missing.status, method);
      assert.match(hidden.body, /does not exist or has been deleted/, method);
    }
  });

  test(`${name}: a model that is not there, and one without rights, are refused without telling more`, async () => {
    assert.match((await door("no.such.model", "read", [[1]])).body, /There is no model/);
    assert.match((await door("hf.signin.policy", "read", [[1]])).body, /You may not read/);
    assert.match((await door("mail.message", "read", [[1]])).body, /You may not read/);
  });

  test(`${name}: secrets and fields of others are not there`, async () => {
    for (const [model, field] of [
      ["res.users", "password_hash"],
      ["product.template", "standard_price"],
      ["sale.order", "no_such"],
    ] as const) {
      const { body } = await door(model, "search_read", [], { domain: [], fields: [field] });
      assert.match(body, new RegExp(`has no field (?:\\\\?"|&quot;)?${field}`), model);
      const filtered = await door(model, "search", [], { domain: [[field, "!=", false]] });
      assert.match(filtered.body, /has no field/, `${model} filtered`);
    }
  });
}

test("names of failures are those that clients know", async () => {
  const nameOf = async (model: string, method: string, args: unknown[], kwargs = {}) =>
    JSON.parse((await doors["JSON-RPC"]!(model, method, args, kwargs)).body).error?.data?.name;
  assert.equal(await nameOf("sale.order", "read", [[missingOrder]]), "odoo.exceptions.MissingError");
  assert.equal(await nameOf("ir.config_parameter", "search", [[]]), "odoo.exceptions.AccessError");
  assert.equal(await nameOf("res.partner", "_x", []), "odoo.exceptions.AccessError");
  assert.equal(
    await nameOf("res.partner", "create", [{ name: "x", email: "no address" }]),
    "odoo.exceptions.ValidationError",
  );
  assert.equal(await nameOf("res.partner", "create", [{}]), "odoo.exceptions.ValidationError");
  assert.equal(await nameOf("res.partner", "search", ["domain"]), "builtins.ValueError");
  assert.equal(await nameOf("res.partner", "search", [[]], { limt: 3 }), "builtins.ValueError");
  const [confirmed] = JSON.parse(
    (await doors["JSON-RPC"]!("sale.order", "search", [[["state", "=", "sale"]]])).body,
  ).result;
  assert.equal(await nameOf("sale.order", "action_confirm", [[confirmed]]), "odoo.exceptions.UserError");
});

test("XML-RPC faults carry the established codes", async () => {
  const faultOf = async (params: unknown[]) =>
    Number(
      /<name>faultCode<\/name><value><int>(\d)/.exec(
        (await post("/xmlrpc/2/object", xmlCall("execute_kw", params), { "content-type": "text/xml" })).body,
      )?.[1],
    );
  assert.equal(await faultOf(["acme", uid, "wrong", "res.partner", "search", [[]]]), 3);
  assert.equal(await faultOf(["other", uid, key, "res.partner", "search", [[]]]), 3);
  assert.equal(await faultOf(["acme", uid + 1, key, "res.partner", "search", [[]]]), 3);
  assert.equal(await faultOf(["acme", uid, key, "res.partner", "_x", []]), 4);
  assert.equal(await faultOf(["acme", uid, key, "sale.order", "read", [[missingOrder]]]), 2);
  assert.equal(await faultOf(["acme", uid, key, "res.partner", "search", [1]]), 1);
});

test("XML that holds a DTD, an entity, a processing instruction, or is cut, deep or none at all is refused", async () => {
  const call = xmlCall("version", []);
  const hostile = [
    call.replace("<methodCall>", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><methodCall>'),
    call.replace(">version<", ">&e;<"),
    call.replace("<methodCall>", "<?php echo 1 ?><methodCall>"),
    call.slice(0, -20),
    "<methodCall>".repeat(400),
    "not xml",
    "",
  ];
  for (const body of hostile) {
    const answer = await post("/xmlrpc/2/common", body, { "content-type": "text/xml" });
    assert.match(answer.body, /<fault>/, body.slice(0, 60));
    assert.doesNotMatch(answer.body, /root:|\.ts/);
  }
});

test("authenticate answers false, and nothing more, to every wrong database, user and password", async () => {
  const ask = async (...args: unknown[]) =>
    JSON.parse((await post("/jsonrpc", rpc({ service: "common", method: "authenticate", args }), json)).body);
  for (const args of [
    ["acme", "ann", "wrong", {}],
    ["other", "ann", passwords.ann, {}],
    ["acme", "nobody", passwords.ann, {}],
    ["acme", "ann", "", {}],
    ["acme", 1, {}, {}],
    [],
  ])
    assert.deepEqual(await ask(...args), { jsonrpc: "2.0", id: 7, result: false });
  assert.equal((await ask("acme", "ann", key, {})).result, uid);
});

test("JSON-2 answers with real statuses and the bare result", async () => {
  const door = doors["JSON-2"]!;
  const at = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    post(`/json/2/${path}`, typeof body === "string" ? body : JSON.stringify(body), {
      ...json,
      authorization: `Bearer ${key}`,
      ...headers,
    });
  const created = await door("res.partner", "create", [], { vals_list: { name: "Bare" } });
  assert.deepEqual([created.status, typeof JSON.parse(created.body)], [200, "number"]);
  assert.equal(
    (await at("res.partner/read", { ids: [Number(created.body)], fields: ["name"] })).body,
    JSON.stringify([{ id: Number(created.body), name: "Bare" }]),
  );
  const unsigned = await post("/json/2/res.partner/search", "{}", json);
  assert.deepEqual([unsigned.status, unsigned.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.equal(
    (await post("/json/2/res.partner/search", "{}", { ...json, authorization: "Bearer nonsense" })).status,
    401,
  );
  assert.equal(
    (await post("/json/2/res.partner/search", "{}", { ...json, cookie: await cookie(), origin: host.url }))
      .status,
    401,
  );
  assert.equal((await at("res.partner/search", {}, { "x-odoo-database": "other" })).status, 403);
  assert.equal((await at("res.partner/search", {}, { "x-odoo-database": "acme" })).status, 200);
  assert.equal((await at("res.partner/search", "{}", { "content-type": "text/plain" })).status, 415);
  assert.equal((await at("res.partner/search", "[]")).status, 400);
  assert.equal((await at("res.partner/search", "{")).status, 400);
  assert.equal((await at("res.partner/create", { vals_list: {} })).status, 422);
  assert.equal((await at("ir.config_parameter/search", {})).status, 403);
  const [confirmed] = JSON.parse((await at("sale.order/search", { domain: [["state", "=", "sale"]] })).body);
  assert.equal((await at("sale.order/action_confirm", { ids: [confirmed] })).status, 409);
  const conflict = await at("res.partner/write", {
    ids: [Number(created.body)],
    vals: { name: "C" },
    expected: { name: "Old" },
  });
  assert.equal(conflict.status, 409);
  assert.equal(
    (
      await at("res.partner/write", {
        ids: [Number(created.body)],
        vals: { name: "C" },
        expected: { name: "Bare" },
      })
    ).body,
    "true",
  );
});

test("context shows less or otherwise, and loosens nothing", async () => {
  const call = async (context: unknown, domain: unknown[] = []) =>
    JSON.parse((await doors["JSON-RPC"]!("res.partner", "search_count", [domain], { context })).body);
  const all = (await call({})).result;
  const id = JSON.parse(
    (await doors["JSON-RPC"]!("res.partner", "create", [{ name: "Gone", active: false }])).body,
  ).result;
  assert.equal((await call({})).result, all);
  assert.equal((await call({ active_test: false })).result, all + 1);
  assert.equal(
    (
      await call({}, [
        ["active", "=", false],
        ["id", "=", id],
      ])
    ).result,
    1,
  );
  assert.equal((await call({ allowed_company_ids: [1] })).result, all);
  for (const foreign of [[1, 2], [2]])
    assert.equal(
      (await call({ allowed_company_ids: foreign })).error.data.name,
      "odoo.exceptions.AccessError",
    );
  assert.ok((await call({ allowed_company_ids: [] })).result <= all);
  for (const context of [
    { uid: 1 },
    { su: true, sudo: true },
    { groups: ["base.admin"] },
    { __proto__: { admin: true } },
  ])
    assert.equal((await call(context)).result, all);
  const order = await doors["JSON-RPC"]!("sale.order", "search_count", [[]], {
    context: { uid: await host.userId("bo"), active_test: false },
  });
  assert.equal(JSON.parse(order.body).result, 6);
});

test("a cookie counts only from our own pages, and never at the doors of programs", async () => {
  const body = rpc({ model: "res.partner", method: "search_count", args: [[]], kwargs: {} });
  const own = { ...json, cookie: await cookie(), origin: host.url };
  assert.equal(typeof JSON.parse((await post("/web/dataset/call_kw", body, own)).body).result, "number");
  assert.equal(
    (await post("/web/dataset/call_kw", body, { ...own, origin: "https://evil.example" })).status,
    403,
  );
  assert.equal((await post("/web/dataset/call_kw", body, { ...json, cookie: await cookie() })).status, 403);
  assert.equal(
    (await post("/web/dataset/call_kw", body, { ...own, "content-type": "text/plain" })).status,
    415,
  );
  assert.equal(
    JSON.parse((await post("/web/dataset/call_kw", body, { ...json, origin: host.url })).body).error.code,
    100,
  );
});

/** As much of the answers as is looked at here. */
interface Description {
  readonly user: { readonly login: string; readonly companyName: string };
  readonly tenant: unknown;
  readonly menus: readonly { readonly key: string }[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly rights: unknown;
}

test("the browser is told of menus, fields and views only what this user may see", async () => {
  const get = async (path: string) => {
    const response = await fetch(host.url + path, {
      headers: { cookie: await cookie(), accept: "application/json" },
    });
    return { status: response.status, body: (await response.json()) as Description };
  };
  const { body: app } = await get("/web/app");
  assert.deepEqual(
    [app.user.login, app.user.companyName, app.tenant],
    ["ann", "Harbour & Pine", { name: "acme", neutralized: false }],
  );
  assert.ok(app.menus.some((item) => item.key === "sales.quotations"));
  assert.ok(!app.menus.some((item) => item.key.startsWith("settings")));
  const { body: product } = await get("/web/model/product.template");
  assert.doesNotMatch(JSON.stringify(product), /standard_price/);
  const none = { write: false, create: false, unlink: false, export: false, import: false };
  assert.deepEqual(product.rights, { read: true, ...none });
  for (const hidden of ["model/ir.config_parameter", "model/constructor", `log/sale.order/${hiddenOrder}`])
    assert.equal((await get(`/web/${hidden}`)).status, 404, hidden);
  assert.equal((await get("/web/log/sale.order/1")).status, 200);
  assert.equal((await fetch(`${host.url}/web/app`, { headers: { accept: "application/json" } })).status, 401);
});

test("what fails on our side is logged whole and told as a reference alone", async () => {
  await host.database.database.rows(sql`ALTER TABLE res_country_state RENAME TO gone`);
  for (const [name, door] of Object.entries(doors)) {
    const before = host.logged.length;
    const { body, status } = await door("res.country.state", "search_read", [], {
      domain: [],
      fields: ["name"],
    });
    assert.equal(status, name === "JSON-2" ? 500 : 200);
    const reference = /Reference: ([0-9a-f]{16})/.exec(body)?.[1];
    assert.doesNotMatch(body, /relation|SELECT|res_country|\.ts/, name);
    const entry = host.logged.slice(before).find((one) => one.level === "error");
    assert.equal((entry?.fields as { reference?: string } | undefined)?.reference, reference);
  }
});
