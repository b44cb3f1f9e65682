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
  assert.equal(lines[0], "name,city,id");
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
