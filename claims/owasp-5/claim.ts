import type { AccessOperation } from "@holdfast/framework/access/policy";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { Model } from "@holdfast/framework/model/model";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { NaiveAccess } from "./naive-access.ts";
import type { NaiveRow, NaiveWorld } from "./naive-rule.ts";
import { type Role, withRoles } from "./roles.ts";

const atOnce = 4;
const enough = 20;
/** Number of a record that no model has. */
const missing = 2_000_000_000;
/** Records of one model and role that are asked for one by one: those that are hidden. */
const maxHidden = 3;
const maxRows = 10_000;

/** OWASP-5: every record that is touched passes the access rules. */
export const noDirectReferences: Claim = {
  id: "OWASP-5",
  promise:
    "Whoever asks for a record by its number gets it only when rights and rules say so; a hidden record answers like one that does not exist.",
  method:
    "In a database made for probes, a user of every role calls the remote API: each model is searched, and reading, changing, creating and deleting are tried by number. The answers are compared with a naive model, which reads the declared rights and rules anew and filters all rows by itself. A record that this model hides must answer, byte for byte, like a number that no record has.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Tally {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  readonly naive: NaiveAccess;
  readonly world: NaiveWorld;
  readonly url: string;
  cells: number;
  rows: number;
  hidden: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  return context.within(canary, (tenant) =>
    withRoles(context, tenant, async (roles) => {
      const world = await worldOf(tenant.data);
      const naive = new NaiveAccess(tenant.data.registry, world);
      const tally = {
        context,
        verdict: new Verdict(),
        naive,
        world,
        url: context.urlOf(tenant.name),
        cells: 0,
        rows: 0,
        hidden: 0,
      };
      await compareAll(tally, tenant, roles);
      return tally.verdict.finding(
        `${counted(tally.cells, "cell")} of ${counted(roles.length, "role")} × ${counted(world.size, "model")} × 4 operations were tried, ${counted(tally.rows, "record")} compared and ${counted(tally.hidden, "hidden record")} asked for by number`,
        ": all as the naive model says, and the hidden answer like those that do not exist",
      );
    }),
  );
}

/** Everything, loaded above all rights. A one2many is the other side of a many2one; long texts are in no rule. */
async function worldOf(data: DataSource): Promise<NaiveWorld> {
  const env = data.reading(probeActor("OWASP-5"));
  const world = new Map<string, Map<number, NaiveRow>>();
  for (const model of data.registry.models.values()) {
    const names = Object.entries(model.fields)
      .filter(([, { kind }]) => !["one2many", "html", "longText", "json"].includes(kind))
      .map(([name]) => name);
    const rows = await env.of(model).searchRead([], names as never[], { activeOnly: false });
    world.set(model.name, new Map(rows.map((row) => [row.id, plain(row)])));
  }
  return world;
}

function plain(row: Readonly<Record<string, unknown>>): NaiveRow {
  const values = Object.entries(row).map(([name, value]) => {
    const reference = typeof value === "object" && value !== null && "displayName" in value && "id" in value;
    return [name, reference ? value.id : value];
  });
  return Object.fromEntries(values) as NaiveRow;
}

async function compareAll(tally: Tally, { data }: OpenedTenant, roles: readonly Role[]): Promise<void> {
  const queue = roles.flatMap((role) => {
    const person = { ...role, groups: tally.naive.closed([role.group]) };
    return [...data.registry.models.values()].map((model) => () => compare(tally, person, model));
  });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        tally.context.signal.throwIfAborted();
        if (tally.verdict.problems >= enough) return;
        await next();
      }
    }),
  );
}

async function compare(tally: Tally, role: Role, model: Model): Promise<void> {
  const call = (method: string, input: unknown) => callAs(tally, role, { model: model.name, method, input });
  await compareRights(tally, role, { model, call });
  if (tally.naive.granted(role, model.name, "read")) await compareRows(tally, role, { model, call });
}

type Call = (method: string, input: unknown) => Promise<Visited>;

/** Each operation on nothing: whoever has no right is told so before anything is looked for. */
async function compareRights(
  tally: Tally,
  role: Role,
  { model, call }: { readonly model: Model; readonly call: Call },
): Promise<void> {
  const tries: Readonly<Record<AccessOperation, () => Promise<Visited>>> = {
    read: () => call("search", { domain: [["id", "=", missing]] }),
    write: () => call("write", { ids: [missing], vals: {} }),
    create: () => call("create", { vals_list: { "no such field": 1 } }),
    delete: () => call("unlink", { ids: [missing] }),
  };
  for (const [operation, attempt] of Object.entries(tries).filter(([name]) => !replaced(model, name)) as [
    AccessOperation,
    () => Promise<Visited>,
  ][]) {
    const { status, body } = await attempt();
    const may = tally.naive.granted(role, model.name, operation);
    tally.cells += 1;
    tally.verdict.expect(
      may === (status !== 403 || wantsConfirmation(body)) && status < 500,
      "a right differs from the naive model",
      `${role.group} ${operation} ${model.name}: wanted ${may ? "yes" : "no"}, got ${status} ${body.slice(0, 150)}`,
    );
  }
}

/** Asked only of who has the right: what decides who may come in wants a person's recent confirmation too. */
function wantsConfirmation(body: string): boolean {
  return body.includes("holdfast.exceptions.ConfirmationNeeded");
}

/** A model may declare the verb anew (a variant is written through its template): then that decides. */
function replaced(model: Model, operation: string): boolean {
  const verbs: Readonly<Record<string, string>> = { read: "search", delete: "unlink" };
  return Object.hasOwn(model.methods ?? {}, verbs[operation] ?? operation);
}

async function compareRows(
  tally: Tally,
  role: Role,
  { model, call }: { readonly model: Model; readonly call: Call },
): Promise<void> {
  const rows = [...(tally.world.get(model.name)?.values() ?? [])];
  const visible = new Set(
    rows.filter((row) => tally.naive.allows(role, model.name, "read", row)).map(({ id }) => id),
  );
  const known = new Set(rows.map(({ id }) => id));
  const answer = await call("search", { domain: [], limit: maxRows, context: { active_test: false } });
  // What was written meanwhile (logs of this very probe) is in no comparison.
  const got = new Set(
    (answer.status === 200 ? (JSON.parse(answer.body) as number[]) : []).filter((id) => known.has(id)),
  );
  tally.rows += rows.length;
  const wrong = [...visible.symmetricDifference(got)];
  tally.verdict.expect(
    answer.status === 200 && wrong.length === 0,
    "the records that are found differ from the naive model",
    `${role.group} ${model.name}: ${answer.status}, ids ${wrong.slice(0, 5).join(", ")}`,
  );
  const hidden = rows.filter(({ id }) => !visible.has(id)).slice(0, maxHidden);
  for (const { id } of hidden) await compareHidden(tally, `${role.group} ${model.name} ${id}`, { call, id });
  await compareWrites(tally, role, {
    model,
    call,
    rows: rows.filter(({ id }) => visible.has(id)).slice(0, maxHidden),
  });
}

async function compareHidden(
  tally: Tally,
  where: string,
  { call, id }: { readonly call: Call; readonly id: number },
): Promise<void> {
  tally.hidden += 1;
  for (const [method, more] of [
    ["read", { fields: ["id"] }],
    ["write", { vals: {} }],
    ["unlink", {}],
    ["export_data", { fields_to_export: ["id"] }],
  ] as const) {
    const [one, other] = [
      await call(method, { ids: [id], ...more }),
      await call(method, { ids: [missing], ...more }),
    ];
    tally.verdict.expect(
      one.status === other.status && one.body === other.body && one.status >= 400,
      "a hidden record answers otherwise than one that does not exist",
      `${where} ${method}: ${one.status} ${one.body.slice(0, 120)} | ${other.status} ${other.body.slice(0, 120)}`,
    );
  }
}

/** Changes nothing in them: no value is given. */
async function compareWrites(
  tally: Tally,
  role: Role,
  { model, call, rows }: { readonly model: Model; readonly call: Call; readonly rows: readonly NaiveRow[] },
): Promise<void> {
  if (!tally.naive.granted(role, model.name, "write")) return;
  for (const row of rows) {
    const { status, body } = await call("write", { ids: [row.id], vals: {} });
    const may = tally.naive.allows(role, model.name, "write", row);
    tally.verdict.expect(
      may ? status === 200 : status === 403 || status === 404,
      "changing a record differs from the naive model",
      `${role.group} ${model.name} ${row.id}: wanted ${may ? "yes" : "no"}, got ${status} ${body.slice(0, 150)}`,
    );
  }
}

function callAs(
  { context, url }: Tally,
  { key }: Role,
  { model, method, input }: { readonly model: string; readonly method: string; readonly input: unknown },
): Promise<Visited> {
  return context.visitor(`${url}/json/2/${model}/${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(input),
    signal: context.signal,
  });
}
