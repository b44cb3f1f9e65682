import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { many2one, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { standardMethods } from "@holdfast/framework/remote/standard-methods";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
/** Texts in several languages, of a model with a rule; and a field that is not for all who read it. */
const mottoApp: App = {
  name: "motto",
  label: "Motto",
  version: "1",
  depends: ["sales"],
  models: [
    defineModel({
      name: "motto.crate",
      label: "Crate",
      displayName: "name",
      order: "name",
      searchFields: ["mark"],
      fields: {
        name: text({ label: "Name", required: true }),
        mark: text({ label: "Mark", groups: ["sales.manager"] }),
      },
    }),
  ],
  rights: [{ group: "base.user", model: "motto.crate", allow: ["read"] }],
  extensions: [
    {
      model: "sale.order",
      fields: {
        motto: text({ label: "Motto", translated: true, default: "Well" }),
        patron_id: many2one("res.partner", { label: "Patron", groups: ["sales.manager"] }),
        crate_id: many2one("motto.crate", { label: "Crate" }),
      },
    },
  ],
};
before(async () => {
  host = await companyHost({ more: [mottoApp] });
});
after(() => host.close());

const missing = 2_000_000_000;

/** What each method takes besides ids, so that it gets as far as the records. */
const given: Readonly<Record<string, object>> = {
  read: { fields: ["display_name"] },
  web_read: { specification: { display_name: {} } },
  write: { vals: {} },
  has_access: { operation: "read" },
  export_data: { fields_to_export: ["display_name"] },
  message_post: { body: "Hello" },
  action_share: { email: "reader@example.org", days: 3 },
  get_field_translations: { field_name: "motto" },
  update_field_translations: { field_name: "motto", translations: { de_DE: "Gut" } },
};

/** What ann sees of a call; numbers of records taken out. */
async function answer(model: string, method: string, id: number): Promise<string> {
  const call = { model, method, args: [[id]], kwargs: given[method] ?? {} };
  try {
    const result = await dispatch(host.database.data, await host.actor("ann"), call);
    return `answered ${JSON.stringify(result)}`;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return `${error.code} ${error.message} ${error.hint ?? ""}`.replaceAll(String(id), "N");
  }
}

test("history, mail, export and every other method answer a hidden record like a missing one", async () => {
  const { data, registry, system } = host.database;
  const env = data.reading(system());
  const reader = data.reading(await host.actor("ann"));
  let compared = 0;
  const short: string[] = [];
  for (const name of ["sale.order", "sale.order.line", "hf.session", "res.users.apikeys"]) {
    const all = await env.model(name).search([], { activeOnly: false });
    const seen = new Set(await reader.model(name).search([], { activeOnly: false }));
    const hidden = all.find((id) => !seen.has(id));
    if (hidden === undefined) continue;
    const own = Object.entries(registry.model(name).methods ?? {}).filter(
      ([, method]) => method.on === "records",
    );
    const standard = [...standardMethods].filter(([, method]) => method.on === "records");
    for (const [method] of [...own, ...standard]) {
      compared += 1;
      const told = await answer(name, method, missing);
      if (name === "sale.order" && told.startsWith("bad_request")) short.push(`${method}: ${told}`);
      assert.equal(
        await answer(name, method, hidden),
        told,
        `${name}.${method} tells a hidden record from a missing one`,
      );
    }
  }
  assert.deepEqual(short, [], "each call gets as far as the records");
  assert.ok(compared > 15, `${compared} methods were compared`);
});

test("a hidden step in the path of an export leads nowhere, as one that nobody has", async () => {
  const told = async (step: string) => {
    const asked = host.call("ann", "sale.order", "export_data", [[1], [`${step}/name`]]);
    const error = await asked.catch((caught: Error) => caught);
    assert.ok(error instanceof ExpectedError);
    return `${error.code} ${error.message} ${error.hint}`.replaceAll(step, "STEP");
  };
  assert.equal(await told("patron_id"), await told("nobody_id"));
  await host.call("bo", "sale.order", "export_data", [[], ["patron_id/name"]]);
});

test("who may read and not export gets no table", async () => {
  const [own] = await host.call("cy", "res.partner", "search", [[]]);
  assert.equal((await host.call("cy", "res.partner", "read", [[own], ["name"]])).length, 1);
  const asked = host.call("cy", "res.partner", "export_data", [[own], ["name"]]);
  await assert.rejects(asked, { code: "access_denied" });
});

test("an identifier that a hidden record has is free to whoever does not see it", async () => {
  const [partner] = await host.call("ann", "res.partner", "search", [[]], { limit: 1 });
  const load = (login: string, note: string) =>
    host.call(login, "sale.order", "load", [["id", "partner_id/.id", "note"], [["shop.q1", partner, note]]]);
  const theirs = await load("bo", "of bo");
  const own = await load("ann", "of ann");
  assert.deepEqual([theirs.messages, own.messages], [[], []]);
  assert.notEqual(own.ids[0], theirs.ids[0]);
  assert.deepEqual((await load("ann", "of ann again")).ids, own.ids);
  const [kept] = await host.call("bo", "sale.order", "read", [theirs.ids, ["note"]]);
  assert.match(kept.note, /of bo/);
});

test("records are found by what their names are looked up in only as far as that may be read", async () => {
  await host.database.data.writing(host.database.system(), (env) =>
    env.model("motto.crate").create([{ name: "Box 7", mark: "smuggled" }]),
  );
  const [partner] = await host.call("ann", "res.partner", "search", [[]], { limit: 1 });
  const load = (login: string, crate: string) =>
    host.call(login, "sale.order", "load", [["partner_id/.id", "crate_id"], [[partner, crate]]]);
  const named = (login: string) => host.call(login, "motto.crate", "name_search", ["smuggled"]);
  assert.deepEqual([(await named("ann")).length, (await named("bo")).length], [0, 1]);
  assert.deepEqual((await load("bo", "smuggled")).messages, []);
  for (const crate of ["Box 7", "box 7"]) assert.deepEqual((await load("ann", crate)).messages, []);
  const told = async (crate: string) => JSON.stringify(await load("ann", crate)).replaceAll(crate, "NAME");
  assert.equal(await told("smuggled"), await told("nobodys"));
});
