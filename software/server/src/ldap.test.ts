import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { providersModel } from "@holdfast/framework/identity/providers/models";
import { testUser } from "@holdfast/framework/testing/identity";
import { type TestDirectory, testDirectory } from "@holdfast/framework/testing/slapd";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
const local = "a local password, only here";
const call = { jsonrpc: "2.0", id: 1, method: "call", params: {} };
let run: RunningTest;
let slapd: TestDirectory;
let provider: number;

before(async () => {
  [run, slapd] = await Promise.all([
    runningServer(),
    testDirectory([
      { uid: "ann", password, mail: "ann@acme.example", groups: ["bosses"] },
      { uid: "bo", password },
      { uid: "local", password },
    ]),
  ]);
  await testUser(run.db, { login: "admin", password: local, groups: ["base.admin"] });
  await testUser(run.db, { login: "local", password: local });
  const admin = run.browser();
  await admin.submit("/web/login", { login: "admin", password: local });
  const page = await admin.ask("/settings/providers/new?kind=ldap");
  const saved = await admin.post("/settings/providers/new", formOf(tokenOf(page.body)));
  assert.equal(saved.status, 303, saved.body);
  const shown = saved.headers["location"] ?? "";
  provider = Number(/(\d+)$/.exec(shown)?.[1]);
  const form = tokenOf((await admin.ask(shown)).body);
  assert.match((await admin.post(`${shown}/test`, { csrf_token: form })).body, /the search finds 3 users/);
});
/** All that an administrator fills in. */
function formOf(csrf_token: string) {
  return {
    csrf_token,
    kind: "ldap",
    name: "Acme directory",
    url: slapd.ldaps,
    client_id: slapd.bindDn,
    secret: slapd.bindPassword,
    ca_pem: slapd.caPem,
    base_dn: slapd.baseDn,
    login_attribute: "uid",
    group_attribute: "departmentNumber",
    groups: "bosses = base.admin",
    active: "yes",
    allow_private: "yes",
    create_users: "yes",
  };
}
after(async () => {
  await Promise.all([slapd?.stop(), run?.stop()]);
});
beforeEach(() =>
  system(async (env) => {
    const ids = await env.of(throttleModel).search([]);
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  }),
);

const system = <T>(work: Parameters<typeof run.db.data.writing<T>>[1]) =>
  run.db.data.writing(run.db.system(), work);

async function signIn(login: string, secret: string) {
  const browser = run.browser();
  return { browser, answer: await browser.submit("/web/login", { login, password: secret }) };
}

const info = async (browser: TestBrowser) => (await browser.json("/web/session/get_session_info", call)).body;

test("a person of the directory signs in with its password; groups come along; no hash is kept here", async () => {
  const { browser, answer } = await signIn("ann", password);
  assert.equal(answer.status, 303, answer.body);
  assert.match(await info(browser), /"is_admin":true/);
  const rows = await system((env) =>
    env.of(usersModel).searchRead([["login", "=", "ann"]], ["password_hash", "email"]),
  );
  assert.deepEqual(
    rows.map(({ password_hash, email }) => [password_hash, email]),
    [[null, "ann@acme.example"]],
  );
  assert.equal((await signIn("ann", password)).answer.status, 303, "and again, as the same user");
});

test("wrong, unknown, blank, injected, archived, refused by the directory: one status, one body", async () => {
  await signIn("bo", password);
  await system(async (env) => {
    const ids = await env.of(usersModel).search([["login", "=", "bo"]]);
    await env.of(usersModel).write(ids, { active: false });
  });
  const tries: readonly (readonly [string, string])[] = [
    ["nobody", password],
    ["ann", "wrong"],
    ["ann", ""],
    ["ann*", password],
    ["ann)(uid=*", password],
    ["bo", password],
    ["local", password],
    ["local", "wrong"],
  ];
  const bodies = new Set<string>();
  for (const [login, secret] of tries) {
    const { browser, answer } = await signIn(login, secret);
    assert.equal(answer.status, 401, login);
    assert.doesNotMatch(await info(browser), /"uid":\d/);
    const plain = answer.body.replaceAll(/name="csrf_token" value="[^"]+"/g, "");
    bodies.add(plain.replaceAll(/ value="[^"]*"/g, ""));
  }
  assert.equal(bodies.size, 1);
});

test("a local user keeps the local password; the directory's opens nothing for them", async () => {
  assert.equal((await signIn("local", local)).answer.status, 303);
  assert.equal((await signIn("local", password)).answer.status, 401);
});

test("passwords of a directory are counted like all others, known and unknown alike", async () => {
  for (const login of ["ann", "nobody"]) {
    for (let n = 0; n < 10; n++) assert.equal((await signIn(login, `wrong ${n}`)).answer.status, 401);
    assert.equal((await signIn(login, password)).answer.status, 429, login);
  }
});

test("sensitive things ask for the directory's password again", async () => {
  const { browser } = await signIn("ann", password);
  const wrong = await browser.submit("/web/confirm", { password: "wrong" });
  assert.equal(wrong.status, 422);
  assert.equal((await browser.submit("/web/confirm", { password })).status, 303);
});

test("neither a copy nor a server without private networks asks a directory there", async () => {
  const { place } = run;
  const tries = [
    { privateNetworks: true, neutralized: true, id: "00000000-0000-7000-8000-00000000acb1" },
    { privateNetworks: false, neutralized: false, id: "00000000-0000-7000-8000-00000000acb2" },
  ];
  for (const { privateNetworks, ...other } of tries) {
    Object.assign(run, { privateNetworks, place: place && { ...place, ...other } });
    const { answer } = await signIn("ann", password);
    Object.assign(run, { place, privateNetworks: true });
    assert.equal(answer.status, 401, JSON.stringify(other));
  }
  assert.equal((await signIn("ann", password)).answer.status, 303);
});

test("a directory that is away locks nobody out who has a local password, and tells nothing", async () => {
  await system((env) => env.of(providersModel).write([provider], { url: "ldaps://localhost:9" }));
  assert.equal((await signIn("local", local)).answer.status, 303);
  assert.equal((await signIn("ann", password)).answer.status, 401);
  await system((env) => env.of(providersModel).write([provider], { url: slapd.ldaps }));
  assert.ok(run.logged.some((line) => line.message === "a directory could not be asked"));
});

test("switching a provider off signs out whoever came in by it; switched on again it lets them in again", async () => {
  const { browser } = await signIn("ann", password);
  const admin = (await signIn("admin", local)).browser;
  const here = `/settings/providers/${provider}`;
  const save = async (active: "yes" | "no") => {
    const form = { ...formOf(tokenOf((await admin.ask(here)).body)), active };
    assert.equal((await admin.post(here, form)).status, 303);
  };
  await save("yes");
  assert.match(await info(browser), /"uid":\d/, "saving it as it was ends nothing");
  await save("no");
  assert.doesNotMatch(await info(browser), /"uid":\d/, "dead at the next request");
  assert.match(await info(admin), /"uid":\d/, "nobody else is signed out");
  assert.equal((await signIn("ann", password)).answer.status, 401);
  await save("yes");
  assert.equal((await signIn("ann", password)).answer.status, 303);
});

test("no password reaches the log", () => {
  const said = JSON.stringify(run.logged, (_key, value) =>
    value instanceof Error ? String(value.stack) : value,
  );
  for (const secret of [password, local, slapd.bindPassword]) assert.ok(!said.includes(secret));
});
