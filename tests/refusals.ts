import type { CompanyHost } from "./company-host.ts";
import { type Answer, type Door, openDoors } from "./doors.ts";

interface Refused {
  readonly what: string;
  readonly model: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs?: Record<string, unknown>;
}

/** One of each kind of name that must lead nowhere. */
const names = [
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
  "WRITE",
];

/** Methods on records, with what else they take: called on a hidden record and on one that is missing. */
const onRecords: readonly (readonly [string, readonly unknown[], Record<string, unknown>?])[] = [
  ["read", []],
  ["web_read", [], { specification: { name: {}, order_line: { fields: { name: {} } } } }],
  ["write", [{ note: "mine" }]],
  ["write", [{}], { expected: { note: "theirs" } }],
  ["unlink", []],
  ["copy", []],
  ["export_data", [], { fields_to_export: ["name"] }],
  ["action_confirm", []],
  ["action_quotation_send", []],
  ["message_post", [], { body: "mine" }],
];

const missing = 999_999;

/**
 * What every door answers to what it must refuse, as text for docs/refusals.txt.
 *
 * @returns also each pair of answers that differ between a hidden and a missing record: there must be none.
 */
export async function refusals(
  host: CompanyHost,
): Promise<{ readonly text: string; readonly told: readonly string[] }> {
  const doors = await openDoors(host, "ann");
  const hidden = await hiddenOrder(host);
  const told: string[] = [];
  const sections: string[] = [];
  for (const refused of fixedRefusals) sections.push(await section(doors, refused));
  for (const [method, more, kwargs] of onRecords) {
    for (const door of doors) {
      const [one, other] = [
        await door.call("sale.order", method, [[hidden], ...more], kwargs),
        await door.call("sale.order", method, [[missing], ...more], kwargs),
      ];
      if (shown(one) !== shown(other) || headersOf(one) !== headersOf(other))
        told.push(`${door.name} ${method}: ${shown(one)} | ${shown(other)}`);
    }
    const what = `a record that a rule hides, and one that does not exist (the same bytes): ${method}`;
    sections.push(
      await section(doors, {
        what,
        model: "sale.order",
        method,
        args: [[hidden], ...more],
        ...(kwargs && { kwargs }),
      }),
    );
  }
  return { text: `${head}\n${sections.join("\n")}`, told };
}

const head = `WHAT IS REFUSED, AND IN WHICH WORDS

Every line is an answer of the running server to Ann, who sells: status, kind and sentence, through each door.
`;

const fixedRefusals: readonly Refused[] = [
  ...names.map((method) => ({
    what: `a name that is not declared: ${method}`,
    model: "sale.order",
    method,
    args: [[1]],
  })),
  { what: "a model that does not exist", model: "no.such.model", method: "read", args: [[1]] },
  { what: "a model called constructor", model: "constructor", method: "read", args: [[1]] },
  { what: "a model called __proto__", model: "__proto__", method: "read", args: [[1]] },
  { what: "a model without rights", model: "ir.config_parameter", method: "search", args: [[]] },
  { what: "a secret field", model: "res.users", method: "search_read", args: [[], ["password_hash"]] },
  {
    what: "a field of others",
    model: "product.template",
    method: "search_read",
    args: [[], ["standard_price"]],
  },
  {
    what: "a field of others behind a relation",
    model: "sale.order",
    method: "web_search_read",
    args: [],
    kwargs: {
      domain: [],
      specification: { order_line: { fields: { product_id: { fields: { standard_price: {} } } } } },
    },
  },
  {
    what: "a page after what is no record",
    model: "res.partner",
    method: "search_read",
    args: [[], ["name"]],
    kwargs: { order: "name", after: ["A"] },
  },
  {
    what: "a field that does not exist",
    model: "product.template",
    method: "search_read",
    args: [[], ["no_such"]],
  },
  {
    what: "a secret field in a filter",
    model: "res.users",
    method: "search",
    args: [[["password_hash", "!=", false]]],
  },
  {
    what: "an operator that does not exist",
    model: "res.partner",
    method: "search",
    args: [[["name", "or 1=1", "x"]]],
  },
  { what: "a domain that is none", model: "res.partner", method: "search", args: ["name = 1"] },
  { what: "a value of the wrong kind", model: "res.partner", method: "create", args: [{ name: { $ne: 1 } }] },
  { what: "a number beyond all ids", model: "res.partner", method: "read", args: [[99_999_999_999]] },
  { what: "a readonly field", model: "sale.order", method: "create", args: [{ amount_total: 1 }] },
];

async function section(
  doors: readonly Door[],
  { what, model, method, args, kwargs }: Refused,
): Promise<string> {
  const lines = [];
  for (const door of doors)
    lines.push(`  ${door.name.padEnd(9)} ${inWords(await door.call(model, method, args, kwargs))}`);
  return `${what}\n${lines.join("\n")}\n`;
}

/** What a person needs of an answer. */
function inWords({ status, body }: Answer): string {
  const fault = /<int>(\d)<\/int>.*?<string>(.*?)<\/string>/s.exec(body);
  if (fault !== null) return `${status} fault ${fault[1]}: ${fault[2]}`;
  const answer = JSON.parse(body) as {
    name?: string;
    message?: string;
    error?: { data: { name: string; message: string } };
  };
  const { name, message } = answer.error?.data ?? answer;
  return `${status} ${name}: ${message}`;
}

function shown({ status, body }: Answer): string {
  return `${status} ${body.replaceAll("\n", "")}`;
}

/** All but what differs from one moment to the next. */
function headersOf({ headers }: Answer): string {
  return JSON.stringify([...headers].filter(([name]) => !["date", "content-security-policy"].includes(name)));
}

/** An order of Bo, which a rule hides from Ann. */
async function hiddenOrder(host: CompanyHost): Promise<number> {
  const [id] = await host.tenant.data
    .reading(await host.actor("bo"))
    .model("sale.order")
    .search([["user_id", "=", await host.userId("bo")]], { limit: 1 });
  return id as number;
}
