import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { sql } from "@holdfast/framework/sql/sql";
import { testCluster } from "@holdfast/framework/testing/cluster";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
let logFile: string;
before(async () => {
  host = await companyHost();
  ({ logFile } = await testCluster());
  await logStatements("all");
});
after(async () => {
  await logStatements("none");
  await host.close();
});

/** All connections, also those that are open. */
async function logStatements(which: "all" | "none"): Promise<void> {
  const text =
    which === "all" ? sql`ALTER SYSTEM SET log_statement = 'all'` : sql`ALTER SYSTEM RESET log_statement`;
  await host.database.database.rows(text);
  await host.database.database.rows(sql`SELECT pg_reload_conf()`);
  const shown = sql`SELECT current_setting('log_statement') = ${which} AS done`;
  const limit = performance.now() + 10_000;
  for (;;) {
    const [row] = await host.database.database.rows<{ done: boolean }>(shown);
    if (row?.done) return;
    assert.ok(performance.now() < limit, "PostgreSQL reads its configuration again");
  }
}

// How long a change waits for a row is a setting of its transaction.
const control = /^(?:BEGIN|COMMIT|ROLLBACK)\b|^SELECT set_config\('lock_timeout', \$1::text, true\)$/;
let marks = 0;

/** Statements that PostgreSQL itself says it was sent, transaction control apart. */
async function logged(work: () => Promise<unknown>): Promise<string[]> {
  const [start, end] = [`mark ${++marks}`, `mark ${++marks}`];
  const mark = (text: string) => host.database.database.tuples(sql`SELECT ${text}::text AS mark`);
  await mark(start);
  await work();
  await mark(end);
  const whole = readFileSync(logFile, "utf8");
  const part = whole.slice(whole.indexOf(`'${start}'`), whole.indexOf(`'${end}'`));
  const sent = [...part.matchAll(/LOG: {2}(?:statement|execute [^:]*): *([^\n]*(?:\n\t[^\n]*)*)/g)];
  return sent
    .map((found) => (found[1] ?? "").trim())
    .filter((text) => !control.test(text) && !/ AS mark$/.test(text));
}

async function sent(model: string, method: string, args: unknown[], kwargs = {}): Promise<string[]> {
  const actor = await host.actor("ann");
  return logged(() => dispatch(host.tenant.data, actor, { model, method, args, kwargs }));
}

test("a list, a record, a count, groups and type-ahead are one statement each, in PostgreSQL's own log", async () => {
  assert.equal((await sent("sale.order", "search_read", [[]], { limit: 80 })).length, 1);
  assert.equal((await sent("sale.order", "read", [[1]])).length, 1);
  assert.equal((await sent("sale.order", "search_count", [[]])).length, 1);
  assert.equal((await sent("sale.order", "read_group", [[], ["amount_total"], ["state"]])).length, 1);
  assert.equal((await sent("res.partner", "name_search", ["a"])).length, 1);
});

test("creating a contact is one statement: its full name is made of the values in hand", async () => {
  const values = { name: "Counted", email: "counted@example.org", city: "Riga" };
  const [insert, ...more] = await sent("res.partner", "create", [values]);
  assert.match(insert ?? "", /INSERT INTO "res_partner" .*"complete_name"/s);
  assert.deepEqual(more, []);
});

test("a form with its lines is one statement", async () => {
  const line = { fields: { name: {}, product_id: { fields: { display_name: {} } }, price_subtotal: {} } };
  const specification = { name: {}, partner_id: { fields: { display_name: {} } }, order_line: line };
  assert.equal((await sent("sale.order", "web_read", [[1]], { specification })).length, 1);
});

test("changing a contact is one statement, which holds the rule before and after; a reference is asked in it too", async () => {
  const [id] = (await dispatch(host.tenant.data, await host.actor("ann"), {
    model: "res.partner",
    method: "search",
    args: [[["is_company", "=", true]]],
    kwargs: { limit: 1 },
  })) as number[];
  for (const values of [{ city: "Riga" }, { country_id: 1, email: "new@example.org" }]) {
    const statements = await sent("res.partner", "write", [[id], values]);
    assert.equal(statements.length, 1, statements.join("\n"));
    assert.match(statements[0] ?? "", /^UPDATE "res_partner"/);
  }
});
