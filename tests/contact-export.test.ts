import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CompanyHost, companyHost, passwords } from "./company-host.ts";

let host: CompanyHost;
const cookies = new Map<string, string>();
before(async () => {
  host = await companyHost();
  for (const login of ["ann", "admin"] as const) cookies.set(login, await signIn(login));
});
after(() => host.close());

async function signIn(login: "ann" | "admin"): Promise<string> {
  const response = await fetch(`${host.url}/web/session/authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: host.url },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, params: { login, password: passwords[login] } }),
  });
  const set = response.headers.getSetCookie();
  return set.map((one) => one.split(";")[0]).join("; ");
}

async function download(query: string, { model = "res.partner", login = "admin" } = {}) {
  const headers = { cookie: cookies.get(login) ?? "", accept: "application/json" };
  const response = await fetch(`${host.url}/web/export/${model}?${query}`, { headers });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

const domain = (terms: unknown) => `domain=${encodeURIComponent(JSON.stringify(terms))}`;

test("all records that match come as one CSV file, over any number of pages, each once", async () => {
  const values = Array.from({ length: 2_500 }, (_, n) => ({ name: `Exported ${n}`, city: `Town, "${n}"` }));
  await host.database.data.writing(host.database.system(), (env) =>
    env.model("res.partner").create(values as never[]),
  );
  const found = await download(`fields=name,city,.id&${domain([["name", "like", "Exported "]])}`);
  assert.equal(found.status, 200);
  assert.match(found.type ?? "", /^text\/csv/);
  const lines = found.text.trimEnd().split("\r\n");
  assert.equal(lines[0], "name,city,.id");
  assert.equal(lines.length, 2_501);
  assert.equal(new Set(lines).size, lines.length);
  assert.match(lines[1] ?? "", /^Exported 0,"Town, ""0""",\d+$/);
});

test("what a spreadsheet would calculate comes as text; numbers stay numbers", async () => {
  const formulas = ["=1+1", "+371 200", "@SUM(A1)", "-2", "\t=1"];
  await host.database.data.writing(host.database.system(), (env) =>
    env.model("res.partner").create(formulas.map((city) => ({ name: "Formula", city })) as never[]),
  );
  const { text } = await download(`fields=city&${domain([["name", "=", "Formula"]])}`);
  assert.deepEqual(text.trimEnd().split("\r\n"), ["city", "'=1+1", "'+371 200", "'@SUM(A1)", "-2", "'\t=1"]);
});

test("the file holds what its reader may see, and nobody else's records", async () => {
  const { text } = await download("fields=name", { model: "sale.order", login: "ann" });
  const seen = await host.tenant.data
    .reading(await host.actor("ann"))
    .model("sale.order")
    .count([]);
  assert.equal(text.trimEnd().split("\r\n").length - 1, seen);
});

test("refused before a byte is sent: no session, no right, no such model, field or domain", async () => {
  assert.equal((await download("fields=name", { login: "nobody" })).status, 401);
  assert.equal((await download("fields=name", { model: "no.such" })).status, 404);
  assert.equal((await download("fields=login", { model: "hf.signin.policy", login: "ann" })).status, 404);
  assert.equal((await download("fields=no_such_field")).status, 422);
  assert.equal((await download("fields=")).status, 400);
  assert.equal((await download("fields=name&domain={")).status, 400);
  assert.equal((await download(`fields=name&${domain([["no_such_field", "=", 1]])}`)).status, 422);
  assert.equal((await download(`fields=name&${domain(["|"])}`)).status, 422);
});

test("paths lead through fields that hold one record, each step by its own model's rights", async () => {
  const { id, tags } = await host.database.data.writing(host.database.system(), async (env) => {
    const tags = await env
      .model("res.partner.category")
      .create([{ name: "Oak" }, { name: "Elm" }] as never[]);
    const [country] = await env.model("res.country").search([["code", "=", "LV"]]);
    const [parent] = await env
      .model("res.partner")
      .create([{ name: "Parent", country_id: country, category_id: [[6, 0, tags]] }] as never[]);
    const [id] = await env.model("res.partner").create([{ name: "Child", parent_id: parent }] as never[]);
    return { id, tags };
  });
  const fields =
    "name,parent_id,parent_id/name,parent_id/.id,parent_id/country_id/code,parent_id/category_id";
  const { text } = await download(`fields=.id,${fields}&${domain([["id", "=", id]])}`);
  const [titles, row] = text.trimEnd().split("\r\n");
  assert.equal(titles, `.id,${fields}`);
  assert.match(row ?? "", new RegExp(`^${id},Child,Parent,Parent,\\d+,LV,"Elm,Oak"$`));
  assert.equal(tags.length, 2);
  for (const [path, says] of [
    ["child_ids/name", "does not lead to one record"],
    ["name/code", "does not lead to one record"],
    ["country_id/nothing", "has no field"],
    ["constructor", "has no field"],
    ["__proto__/name", "does not lead to one record"],
    ["create_uid/password_hash", "has no field"],
    ["parent_id/parent_id/parent_id/parent_id/name", "more than 4 steps"],
  ]) {
    const refused = await download(`fields=${encodeURIComponent(path ?? "")}&${domain([["id", "=", id]])}`);
    assert.deepEqual(
      [refused.status, refused.text.includes(says ?? "")],
      [422, true],
      `${path} ${refused.text}`,
    );
  }
});

test("a file that was exported changes the same records when it is imported, and makes none", async () => {
  const tagged = await download(
    `fields=id,name,city,country_id,category_id,parent_id/.id,active&${domain([["category_id", "!=", false]])}`,
  );
  const rows = tagged.text.trimEnd().split("\r\n").length - 1;
  assert.ok(rows > 2, tagged.text);
  const count = async () => host.call("admin", "res.partner", "search_count", [[]]);
  const was = await count();
  const response = await fetch(`${host.url}/web/import/res.partner`, {
    method: "POST",
    headers: { cookie: cookies.get("admin") ?? "", origin: host.url, "content-type": "text/csv" },
    body: tagged.text.replaceAll(/\r\n(\d+),/g, "\r\n$1,Again "),
  });
  const lines = (await response.text()).trimEnd().split("\n");
  assert.deepEqual(
    [JSON.parse(lines.at(-1) ?? "").result.imported, await count()],
    [rows, was],
    lines.join(),
  );
  assert.equal(
    await host.call("admin", "res.partner", "search_count", [[["name", "=like", "Again %"]]]),
    rows,
  );
});
