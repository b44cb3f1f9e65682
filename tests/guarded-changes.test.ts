import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
let partnerModel: number;
let group: number;

before(async () => {
  host = await companyHost();
  [partnerModel] = await host.call("admin", "ir.model", "search", [[["model", "=", "res.partner"]]]);
  [group] = await host.call("admin", "res.groups", "search", [[["key", "=", "sales.user"]]]);
});
after(() => host.close());
beforeEach(() =>
  host.tenant.data.writing(host.database.system(), async (env) =>
    env.of(securityLogModel).unlink(await env.of(securityLogModel).search([])),
  ),
);

/** As an administrator whose password was given so many minutes ago. */
async function call(minutesAgo: number, model: string, method: string, args: unknown[]) {
  const confirmedAtMs = Date.now() - minutesAgo * 60_000;
  const actor = { ...(await host.actor("admin")), confirmedAtMs };
  return dispatch(host.database.data, actor, { model, method, args, kwargs: {} });
}

const logged = () =>
  host.tenant.data
    .reading(host.database.system())
    .of(securityLogModel)
    .searchRead([], ["event", "who", "detail"], { order: "id" });

/** Each guarded thing: the change, and what the log says of it. */
const changes: readonly (readonly [string, () => readonly [string, string, unknown[]], RegExp])[] = [
  [
    "the sign-in policy",
    () => ["hf.signin.policy", "write", [[1], { max_failures: 7 }]],
    /^policy_changed admin sign-in policy changed \(1\): max_failures$/,
  ],
  [
    "a group's second factor",
    () => ["res.groups", "write", [[group], { second_factor: true }]],
    /^policy_changed admin group changed \(\d+\): second_factor$/,
  ],
  [
    "an access rule",
    () => ["ir.rule", "create", [{ name: "secret words", model_id: partnerModel, domain_force: "active" }]],
    /^access_changed admin access rule added \(\d+\): domain_force, model_id, name$/,
  ],
  [
    "an access right",
    () => [
      "ir.model.access",
      "create",
      [{ name: "secret words", model_id: partnerModel, group_id: group, perm_read: true }],
    ],
    /^access_changed admin access right added \(\d+\): group_id, model_id, name, perm_read$/,
  ],
];

for (const [what, change, line] of changes)
  test(`${what} is changed only after a recent confirmation, and stands in the log without its values`, async () => {
    const [model, method, args] = change();
    await assert.rejects(call(11, model, method, args), { code: "confirmation_needed" });
    assert.deepEqual(await logged(), [], "what was refused was not done");
    await call(1, model, method, args);
    const lines = (await logged()).map(({ event, who, detail }) => `${event} ${who} ${detail}`);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", line);
    assert.doesNotMatch(lines[0] ?? "", /secret words/);
  });

test("rules and rights are deleted only after a recent confirmation, and that is logged too", async () => {
  for (const model of ["ir.rule", "ir.model.access"]) {
    const [id] = (await call(1, model, "search", [[]])) as number[];
    await assert.rejects(call(11, model, "unlink", [[id]]), { code: "confirmation_needed" });
    await call(1, model, "unlink", [[id]]);
    assert.match((await logged()).at(-1)?.detail ?? "", /removed/);
  }
});

test("a program with an API key changes none of them", async () => {
  const key = await host.key("admin");
  for (const [, change] of changes) {
    const [model, method, args] = change();
    const named = method === "write" ? { ids: args[0], vals: args[1] } : { vals_list: args[0] };
    const answer = await fetch(`${host.url}/json/2/${model}/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(named),
    });
    const words = await answer.text();
    assert.deepEqual([answer.status, /[Cc]onfirm/.test(words)], [403, true], `${model} ${words}`);
  }
});

test("another field of a group is changed as ever, and an empty change only asks for the right", async () => {
  await call(60, "res.groups", "write", [[group], { name: "Sellers" }]);
  await call(60, "hf.signin.policy", "write", [[1], {}]);
  assert.deepEqual(await logged(), []);
});

test("what a user may do and by which name they come in is in the log of that user, with who changed it", async () => {
  const bo = await host.userId("bo");
  await call(1, "res.users", "write", [[bo], { groups_id: [[4, group]], tz: "Europe/Riga" }]);
  assert.deepEqual(
    (await logged()).map(({ event, who, detail }) => [event, who, detail]),
    [["user_changed", "bo", "changed by admin: groups_id"]],
  );
});

test("a session changes by which name, address and rights somebody comes in only after a confirmation", async () => {
  const bo = await host.userId("bo");
  const sensitive: readonly [string, unknown[]][] = [
    ["write", [[bo], { login: "bo2" }]],
    ["write", [[bo], { email: "mallory@example.com" }]],
    ["write", [[bo], { groups_id: [[4, group]] }]],
    ["write", [[bo], { active: false, tz: "UTC" }]],
    ["create", [{ name: "Eve", login: "eve" }]],
  ];
  for (const [method, args] of sensitive)
    await assert.rejects(
      call(11, "res.users", method, args),
      { code: "confirmation_needed" },
      `${method} ${args}`,
    );
  // Nobody imports users at all, so that door needs no confirmation.
  await assert.rejects(call(1, "res.users", "load", [["login", "name"], [["eve", "Eve"]]]), {
    code: "access_denied",
  });
  assert.deepEqual(await logged(), [], "what was refused was not done");
  for (const [method, args] of sensitive.slice(1, 3)) await call(1, "res.users", method, args);
  assert.equal((await logged()).length, 2);
});

test("a session changes how somebody's screens look without one, and a program's key reaches users by its scopes", async () => {
  const bo = await host.userId("bo");
  await call(60, "res.users", "write", [[bo], { tz: "Europe/Riga", name: "Bo" }]);
  const asKey = async (scope: Record<string, unknown>, vals: Record<string, unknown>) => {
    const userId = await host.userId("admin");
    const key = await host.tenant.identity.createApiKey(userId, "scoped", scope);
    const answer = await fetch(`${host.url}/json/2/res.users/write`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ ids: [bo], vals }),
    });
    return answer.status;
  };
  assert.equal(await asKey({}, { email: "bo@acme.example" }), 200);
  assert.equal((await logged()).at(-1)?.detail, "changed by admin: email");
  assert.equal(await asKey({ models: ["res.partner"] }, { email: "eve@acme.example" }), 403);
  assert.equal(await asKey({ readOnly: true }, { email: "eve@acme.example" }), 403);
});

test("a reset of somebody's factors names the administrator", async () => {
  await call(1, "res.users", "action_reset_factors", [[await host.userId("bo")]]);
  const details = (await logged()).map(({ who, detail }) => `${who}: ${detail}`);
  assert.deepEqual(details, ["bo: all second factors removed by the administrator admin"]);
});
