import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { contactsCsv } from "@holdfast/app-contacts/demo/generate";
import { modelsModel, rightModel } from "@holdfast/framework/administration/models";
import { groupsModel } from "@holdfast/framework/identity/models";
import { type CompanyHost, companyHost, passwords } from "./company-host.ts";

let host: CompanyHost;
const cookies = new Map<string, string>();
const file = readFileSync(new URL("../apps/contacts/demo/contacts.csv", import.meta.url), "utf8");

before(async () => {
  host = await companyHost();
  for (const login of ["ann", "bo"] as const) cookies.set(login, await signIn(login, passwords[login]));
});
after(() => host.close());

async function signIn(login: string, password: string): Promise<string> {
  const response = await fetch(`${host.url}/web/session/authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: host.url },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, params: { db: "acme", login, password } }),
  });
  return response.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

interface Outcome {
  readonly problems: { row: number; column: string; message: string }[];
  readonly result:
    | { imported: number; problems: number; total: number; columns: (string | null)[] }
    | undefined;
  readonly error: { name: string; message: string } | undefined;
  readonly progress: { done: number; total: number }[];
}

async function upload(
  body: string | Uint8Array,
  query = "",
  model = "res.partner",
  login = "ann",
): Promise<Outcome> {
  const response = await fetch(`${host.url}/web/import/${model}${query}`, {
    method: "POST",
    headers: { cookie: cookies.get(login) ?? "", origin: host.url, "content-type": "text/csv" },
    body: body as never,
  });
  const lines = (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return {
    problems: lines.flatMap((line) => line.problem ?? []),
    result: lines.find((line) => line.result)?.result,
    error: lines.find((line) => line.error)?.error,
    progress: lines.flatMap((line) => line.progress ?? []),
  };
}

const env = async (login = "ann") => host.tenant.data.reading(await host.actor(login));
const count = async (domain: [string, string, unknown][] = []) =>
  (await env()).model("res.partner").count(domain);

test("the file of contacts is what its generator makes", () => {
  assert.equal(file, contactsCsv());
  assert.equal(file.trim().split("\n").length, 1_001);
});

test("a trial says what would happen and changes nothing", async () => {
  const before = await count();
  const { result, problems, error } = await upload(file, "?dry=1");
  assert.equal(error, undefined);
  assert.deepEqual([result?.imported, result?.total, problems], [1_000, 1_000, []]);
  assert.equal(await count(), before);
});

test("1,000 contacts go in with their organizations, countries and letters", async () => {
  const before = await count();
  const { result, problems, progress } = await upload(file);
  assert.deepEqual([result?.imported, problems], [1_000, []]);
  assert.deepEqual(progress.at(-1), { done: 1_000, total: 1_000 });
  assert.equal(await count(), before + 1_000);
  const [zoe] = await (await env())
    .model("res.partner")
    .searchRead([["email", "=", "zoe.van-der-meer@cedar-foods-netherlands.example"]], [
      "complete_name",
      "country_id",
      "is_company",
    ] as never[]);
  const { complete_name, country_id, is_company } = zoe as unknown as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    [complete_name, (country_id as { displayName: string }).displayName, is_company],
    ["Cedar Foods B.V., Zoë van der Meer", "Netherlands", false],
  );
  assert.ok((await count([["name", "ilike", "siobhan"]])) > 0);
});

test("every fault names its row and column, and then nothing goes in", async () => {
  const before = await count();
  const { problems, result } = await upload(
    'Name;Email;Country;Is a company;Organization\n"Good; One";a@example.com;LV;yes;\nBad Mail;nope;latvia;no;"Good; One"\nBad Land;x@example.com;Atlantis;maybe;Nowhere\n;;Latvia;no;\n',
  );
  assert.deepEqual(
    problems.map(({ row, column, message }) => [row, column, message]),
    [
      [3, "Country", 'There is no "Country" called "Atlantis".'],
      [3, "Is a company", '"Is a company" cannot be "maybe": wanted yes or no.'],
      [3, "Organization", 'There is no "Contact" called "Nowhere".'],
      [4, "Name", '"Name" is required.'],
    ],
  );
  assert.equal(result?.imported, 0);
  assert.equal(await count(), before);
});

test("what only the database notices is told by row too", async () => {
  const before = await count();
  const { problems } = await upload("Name,Email\nA,a@example.com\nB,not an address\nC,c@example.com\n");
  assert.deepEqual(
    problems.map(({ row, message }) => [row, message]),
    [[2, '"not an address" is not an email address.']],
  );
  assert.equal(await count(), before);
});

test("row by row, what is right goes in and the rest is told", async () => {
  const before = await count();
  const { result, problems } = await upload(
    "Name,Email,Country\nA,a@example.com,Latvia\nB,not an address,LV\nC,c@example.com,Atlantis\nD,,lv\n",
    "?mode=rows",
  );
  assert.equal(result?.imported, 2);
  assert.deepEqual(problems.map(({ row }) => row).sort(), [2, 3]);
  assert.equal(await count(), before + 2);
});

test("rows wait for what later rows of the same file bring, however far away", async () => {
  const before = await count();
  const people = Array.from({ length: 3_000 }, (_, n) => `Person ${n},Branch ${n % 7}\n`).join("");
  const branches = Array.from({ length: 7 }, (_, n) => `Branch ${n},Head Office of Waiting\n`).join("");
  const file = `Name,Organization\n${people}${branches}Head Office of Waiting,\n`;
  const { result, problems, progress } = await upload(file, "?columns=name,parent_id");
  assert.deepEqual([result?.imported, problems], [3_008, []]);
  assert.ok(progress.every(({ done }, at) => done >= (progress[at - 1]?.done ?? 0)));
  assert.equal(await count(), before + 3_008);
  assert.equal(await count([["parent_id.parent_id.name", "=", "Head Office of Waiting"]]), 3_000);
});

test("what waits in vain is told by row and column, and two rows of one name are no answer", async () => {
  const { problems, result } = await upload(
    "Name,Organization\nA circle,B circle\nB circle,A circle\nTwin,\nTwin,\nChild,Twin\n",
    "?columns=name,parent_id&mode=rows",
  );
  assert.deepEqual(
    problems.map(({ row, column }) => [row, column]),
    [
      [5, "Organization"],
      [1, "Organization"],
      [2, "Organization"],
    ],
  );
  assert.equal(result?.imported, 2);
});

test("a value that only the whole file makes wrong is told of its row and column too", async () => {
  const { dispatch } = await import("@holdfast/framework/remote/dispatch");
  const tags = Array.from({ length: 2_500 }, (_, n) => [`Tag ${n === 2_400 ? 3 : n}`]);
  const { ids, messages } = (await dispatch(host.tenant.data, await host.actor("admin"), {
    model: "res.partner.category",
    method: "load",
    args: [["name"], tags],
    kwargs: {},
  })) as { ids: number[] | false; messages: { record: number; field: string }[] };
  assert.deepEqual([ids, messages.map(({ record, field }) => [record, field])], [false, [[2_400, "name"]]]);
  assert.equal(await (await env("admin")).model("res.partner.category").count([["name", "=", "Tag 7"]]), 0);
});

test("whoever hangs up cancels: nothing of the file goes in", async () => {
  const before = await count();
  const control = new AbortController();
  const rows = Array.from({ length: 20_000 }, (_, n) => `Cancelled ${n}\n`).join("");
  const response = await fetch(`${host.url}/web/import/res.partner`, {
    method: "POST",
    headers: { cookie: cookies.get("ann") ?? "", origin: host.url, "content-type": "text/csv" },
    body: `Name\n${rows}`,
    signal: control.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
  let text = "";
  while (!/"done":[1-9]/.test(text)) text += (await reader?.read())?.value ?? "";
  control.abort();
  // One of each import that may run at once: the cancelled one has ended when there is room for two again.
  for (let free = 0; free < 2; ) {
    const outcomes = await Promise.all([1, 2].map(() => upload("Name\n", "?dry=1")));
    free = outcomes.filter(({ error }) => !/being imported/.test(error?.message ?? "")).length;
  }
  assert.equal(await count(), before);
});

test("columns can be chosen by place, and left out", async () => {
  const { result } = await upload("Who,Colour,Where\nChosen One,red,Riga\n", "?columns=name,,city");
  assert.deepEqual(result?.columns, ["name", null, "city"]);
  assert.equal(
    await count([
      ["name", "=", "Chosen One"],
      ["city", "=", "Riga"],
    ]),
    1,
  );
});

test("files that are no CSV, not UTF-8, empty or too wide are refused in words", async () => {
  assert.match((await upload('Name\n"open quote\n')).error?.message ?? "", /cannot be read as CSV/);
  assert.match((await upload(new Uint8Array([0x4e, 0xff, 0xfe]))).error?.message ?? "", /not UTF-8/);
  assert.match((await upload("")).error?.message ?? "", /empty/);
  assert.match((await upload(`${"a,".repeat(300)}b\n`)).error?.message ?? "", /columns/);
  assert.match((await upload("Colour\nred\n")).problems[0]?.message ?? "", /No column has a field/);
});

test("an import does nothing that its user could not do by hand", async () => {
  assert.match((await upload("Name\nX\n", "", "account.tax")).error?.message ?? "", /may not import/);
  await mayImportProducts();
  // A title that names a hidden field is one that names none, whatever form of it is written.
  const told = async (title: string) => {
    const { result, problems } = await upload(`Name,${title}\nTold,1\n`, "?dry=1", "product.template");
    return [result?.columns, problems.filter(({ column }) => column === title)];
  };
  for (const form of ["", "/.id", "/id", "@de_DE"])
    assert.deepEqual(await told(`standard_price${form}`), await told(`nothing_such${form}`), form);
  assert.equal(
    (await upload("Name,Cost\nX,1\n", "?columns=name,standard_price", "product.template")).problems[0]
      ?.message,
    '"Product" has no field "standard_price".',
  );
  assert.equal(
    (await upload("Name\nX\n", "?columns=complete_name")).problems[0]?.message,
    '"Full name" cannot be imported: it is kept by the software.',
  );
  assert.match((await upload("Name\nX\n", "", "hf.link")).error?.message ?? "not found", /not found|may see/);
});

test("`load` updates by external identifier and creates what is new", async () => {
  const { dispatch } = await import("@holdfast/framework/remote/dispatch");
  const load = async (fields: string[], data: unknown[][]) =>
    (await dispatch(host.tenant.data, await host.actor("ann"), {
      model: "res.partner",
      method: "load",
      args: [fields, data],
      kwargs: {},
    })) as { ids: number[] | false; messages: { record: number; field?: string; message: string }[] };
  const first = await load(
    ["id", "name", "country_id/id"],
    [
      ["crm.c1", "One", ""],
      ["c2", "Two", ""],
    ],
  );
  const again = await load(
    ["id", "name"],
    [
      ["crm.c1", "One renamed"],
      ["c3", "Three"],
    ],
  );
  assert.equal((again.ids as number[])[0], (first.ids as number[])[0]);
  assert.equal(await count([["name", "=", "One renamed"]]), 1);
  const wrong = await load(
    ["name", "parent_id/.id"],
    [
      ["Fine", false],
      ["Not fine", 999_999],
    ],
  );
  assert.deepEqual(
    [wrong.ids, wrong.messages.map(({ record, field }) => [record, field])],
    [false, [[1, "parent_id"]]],
  );
});

/** Rights to import and to create are two: with the one alone nothing can be made. */
async function mayImportProducts(): Promise<void> {
  await host.database.data.writing(host.database.system(), async (env) => {
    const [model_id = 0] = await env.of(modelsModel).search([["model", "=", "product.template"]]);
    const [group_id = 0] = await env.of(groupsModel).search([["key", "=", "base.user"]]);
    await env.of(rightModel).create([{ name: "Import products", model_id, group_id, perm_import: true }]);
  });
}

test("texts of several languages come in one file, and go out in one", async () => {
  const header = "default_code,name,name@de_DE,name@fr_FR,description_sale@de_DE";
  const file = `${header}\r\nT-1,Chair,Stuhl,,Ein Stuhl\r\nT-2,Table,,Table à manger,\r\n`;
  const { result, problems } = await upload(file, "", "product.template", "bo");
  assert.deepEqual([result?.imported, result?.columns, problems], [2, header.split(","), []]);
  const exported = async (fields: string) => {
    const domain = encodeURIComponent(JSON.stringify([["default_code", "in", ["T-1", "T-2"]]]));
    const address = `${host.url}/web/export/product.template?fields=${encodeURIComponent(fields)}&domain=${domain}`;
    return (await fetch(address, { headers: { cookie: cookies.get("bo") ?? "" } })).text();
  };
  assert.equal(await exported(header), file);
  const again = await exported(".id,name@de_DE,name@fr_FR");
  await upload(again.replace("Stuhl", "Sessel").replace("Table à manger", ""), "", "product.template", "bo");
  const changed = "T-1,Chair,Sessel,,Ein Stuhl\r\nT-2,Table,,,\r\n";
  assert.equal(await exported(header), `${header}\r\n${changed}`);
  const wrong = async (columns: string, cells: string) =>
    (await upload(`a,b\n${cells}`, `?columns=${columns}`, "product.template", "bo")).problems[0]?.message;
  assert.match((await wrong("name@xx_XX,list_price", "A,1")) ?? "", /no language "xx_XX"/);
  assert.match((await wrong("name,list_price@de_DE", "A,1")) ?? "", /the same in all languages/);
  assert.match((await wrong("name@de_DE,list_price", "A,1")) ?? "", /"Name" is required/);
  assert.match((await exported("name@xx")) ?? "", /no language/);
  assert.match((await exported("list_price@de_DE")) ?? "", /same in all languages/);
  assert.match((await exported("constructor@de_DE")) ?? "", /has no field/);
});
