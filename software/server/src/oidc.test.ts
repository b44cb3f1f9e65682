import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { groupsModel, throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { externalIdentitiesModel, providersModel } from "@holdfast/framework/identity/providers/models";
import { testUser } from "@holdfast/framework/testing/identity";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { openIdProvider, type TestOpenIdProvider } from "./testing/openid-provider.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";
import { signedAnew, tamperedAnswers } from "./testing/tampered-answers.ts";

const password = "quiet lantern over moss";
const call = { jsonrpc: "2.0", id: 1, method: "call", params: {} };
let run: RunningTest;
let openid: TestOpenIdProvider;
let other: TestOpenIdProvider;
let admin: TestBrowser;
let provider: number;
let otherProvider: number;

before(async () => {
  run = await runningServer();
  const { origin } = run.browser();
  [openid, other] = await Promise.all([openIdProvider(origin), openIdProvider(origin, "elsewhere")]);
  await testUser(run.db, { login: "admin", password, groups: ["base.admin"] });
  admin = run.browser();
  await admin.submit("/web/login", { login: "admin", password });
  provider = await addProvider(openid, {
    create_users: "yes",
    group_attribute: "groups",
    groups: "bosses = base.admin",
  });
  otherProvider = await addProvider(other, {});
});
after(async () => {
  await Promise.all([openid?.stop(), other?.stop(), run?.stop()]);
});
beforeEach(() => {
  Object.assign(openid, { tamper: undefined, tamperDiscovery: undefined });
});

const system = <T>(work: Parameters<typeof run.db.data.writing<T>>[1]) =>
  run.db.data.writing(run.db.system(), work);

async function addProvider(of: TestOpenIdProvider, more: Readonly<Record<string, string>>): Promise<number> {
  const page = await admin.ask("/settings/providers/new?kind=oidc");
  const form = {
    csrf_token: tokenOf(page.body),
    kind: "oidc",
    name: "Acme accounts",
    url: of.issuer,
    client_id: of.clientId,
    secret: of.clientSecret,
    ca_pem: of.caPem,
    active: "yes",
    allow_private: "yes",
    ...more,
  };
  const saved = await admin.post("/settings/providers/new", form);
  assert.equal(saved.status, 303, saved.body);
  return Number(/(\d+)$/.exec(saved.headers["location"] ?? "")?.[1]);
}

/** Changes switches of the first provider, as the administrator does. */
function change(values: Readonly<Record<string, boolean>>): Promise<void> {
  return system((env) => env.of(providersModel).write([provider], values));
}

/** The whole way of a person: away, there, and back. */
async function signIn(browser: TestBrowser, at = provider, through = openid) {
  const away = await browser.ask(`/web/oidc/${at}?next=/web/account`);
  assert.equal(away.status, 303, away.body);
  const back = new URL(await through.visit(away.headers["location"] ?? ""));
  return browser.ask(back.pathname + back.search);
}

const signedIn = async (browser: TestBrowser) =>
  /"uid":\d/.test((await browser.json("/web/session/get_session_info", call)).body);

async function refused(
  browser: TestBrowser,
  answer: Awaited<ReturnType<typeof signIn>>,
  why = "",
): Promise<void> {
  assert.equal(answer.status, 303, why);
  assert.equal(answer.headers["location"], "/web/login?problem=provider", why);
  assert.ok(
    answer.cookies.every((cookie) => !cookie.includes("session_id")),
    why,
  );
  assert.ok(!(await signedIn(browser)), why);
}

let people = 0;
function person(more: Partial<TestOpenIdProvider["account"]> = {}): TestOpenIdProvider["account"] {
  const sub = `person-${++people}`;
  return { sub, email: `${sub}@acme.example`, email_verified: true, name: `Person ${people}`, ...more };
}

test("a person signs in by the provider: code, PKCE, state and nonce go along; no password is kept", async () => {
  openid.account = person();
  const browser = run.browser();
  const away = new URL((await browser.ask(`/web/oidc/${provider}`)).headers["location"] ?? "");
  assert.equal(away.searchParams.get("response_type"), "code");
  assert.equal(away.searchParams.get("code_challenge_method"), "S256");
  for (const name of ["state", "nonce", "code_challenge"])
    assert.match(away.searchParams.get(name) ?? "", /^[\w-]{43}$/, name);
  const answer = await signIn(browser);
  assert.equal(answer.headers["location"], "/web/account", answer.body);
  assert.ok(await signedIn(browser));
  const [user] = await system((env) =>
    env
      .of(usersModel)
      .searchRead([["login", "=", openid.account.email ?? ""]], ["password_hash", "name", "groups_id"]),
  );
  assert.equal(user?.password_hash, null);
  assert.equal(user?.name, openid.account.name);
});

test("the same person is the same user next time, whatever their mail is by then", async () => {
  openid.account = person();
  await signIn(run.browser());
  const before = await system((env) => env.of(usersModel).count([]));
  openid.account = { ...openid.account, email: "married@acme.example" };
  const browser = run.browser();
  await signIn(browser);
  assert.ok(await signedIn(browser));
  assert.equal(await system((env) => env.of(usersModel).count([])), before);
});

test("groups follow the provider's claim, both ways", async () => {
  openid.account = person({ groups: ["bosses", "others"] });
  const isAdmin = async () => {
    const browser = run.browser();
    await signIn(browser);
    return /"is_admin":true/.test((await browser.json("/web/session/get_session_info", call)).body);
  };
  assert.ok(await isAdmin());
  openid.account = { ...openid.account, groups: ["others"] };
  assert.ok(!(await isAdmin()));
});

test("a dozen tampered identity tokens are refused", async () => {
  openid.account = person();
  const tampered = await tamperedAnswers(openid);
  const users = await system((env) => env.of(usersModel).count([]));
  for (const [why, tamper] of Object.entries(tampered)) {
    openid.tamper = tamper;
    const browser = run.browser();
    await refused(browser, await signIn(browser), why);
  }
  assert.equal(await system((env) => env.of(usersModel).count([])), users);
  openid.tamper = undefined;
  const browser = run.browser();
  await signIn(browser);
  assert.ok(await signedIn(browser), "untampered, the same person gets in");
  openid.tamper = signedAnew({ nbf: Math.floor(Date.now() / 1_000) - 5 });
  const again = run.browser();
  await signIn(again);
  assert.ok(
    await signedIn(again),
    "signed anew by the wrapper without a change, too: the refusals are not its fault",
  );
});

test("a replayed answer, a swapped state, another browser's answer, another provider's answer open nothing", async () => {
  openid.account = person();
  const browser = run.browser();
  const begin = async (by: TestBrowser) => (await by.ask(`/web/oidc/${provider}`)).headers["location"] ?? "";
  const backOf = async (address: string) => {
    const url = new URL(await openid.visit(address));
    return url.pathname + url.search;
  };
  const first = await backOf(await begin(browser));
  const cookie = browser.cookies.get("__Host-elsewhere") ?? "";
  assert.equal((await browser.ask(first)).headers["location"], "/web");

  const replay = run.browser();
  replay.cookies.set("__Host-elsewhere", cookie);
  await refused(replay, await replay.ask(first), "the same answer again");

  const stranger = run.browser();
  await refused(stranger, await stranger.ask(await backOf(await begin(run.browser()))), "begun elsewhere");
  await begin(stranger);
  await refused(stranger, await stranger.ask(await backOf(await begin(run.browser()))), "another state");

  const mixed = run.browser();
  const toFirst = await backOf(await begin(mixed));
  await refused(mixed, await mixed.ask(toFirst.replace(`/${provider}/`, `/${otherProvider}/`)), "mixed up");
  await begin(mixed);
  const answer = new URL(await backOf(await begin(mixed)), run.browser().origin);
  answer.searchParams.set("iss", other.issuer);
  await refused(mixed, await mixed.ask(answer.pathname + answer.search), "the answer names another issuer");

  const denied = run.browser();
  const state = new URL(await begin(denied)).searchParams.get("state") ?? "";
  const error = `/web/oidc/${provider}/callback?error=access_denied&state=${state}`;
  await refused(denied, await denied.ask(error), "the provider said no");
  const forged = run.browser();
  forged.cookies.set("__Host-elsewhere", "A".repeat(200));
  await refused(forged, await forged.ask(error), "a cookie that is not ours");
});

test("users are linked by mail only where that is allowed, and only by a verified one; then the password is gone", async () => {
  const id = await testUser(run.db, { login: "ann@acme.example", password });
  const account = person({ email: "ann@acme.example" });
  openid.account = account;
  const browser = run.browser();
  await refused(browser, await signIn(browser), "linking is not allowed");
  await change({ link_by_mail: true });
  for (const verified of [false, undefined, "true", 1]) {
    openid.account = { ...account, email_verified: verified as boolean };
    await refused(browser, await signIn(browser), `mail verified: ${verified}`);
  }
  openid.account = { ...account, email_verified: undefined as never };
  openid.tamper = signedAnew({ email: undefined, email_verified: true });
  await refused(browser, await signIn(browser), "verified says one answer, the address another");
  openid.tamper = undefined;
  openid.account = account;
  await signIn(browser);
  assert.ok(await signedIn(browser));
  const [user] = await system((env) => env.of(usersModel).searchRead([["id", "=", id]], ["password_hash"]));
  assert.equal(user?.password_hash, null);
  assert.equal(
    (await run.browser().submit("/web/login", { login: "ann@acme.example", password })).status,
    401,
  );
  openid.account = person({ email: "ann@acme.example" });
  const second = run.browser();
  await refused(second, await signIn(second), "somebody else has that mail now");
  await change({ link_by_mail: false });
});

test("known, unknown, archived: whoever is not let in is told the same, byte for byte", async () => {
  await change({ create_users: false, link_by_mail: true });
  const archived = await testUser(run.db, { login: "gone@acme.example", password });
  await testUser(run.db, { login: "twin@acme.example" });
  const twin = await testUser(run.db, { login: "twin2" });
  await system(async (env) => {
    await env.of(usersModel).write([archived], { active: false });
    await env.of(usersModel).write([twin], { email: "twin@acme.example" });
  });
  const answers = [];
  for (const email of ["gone@acme.example", "nobody@acme.example", "twin@acme.example", undefined]) {
    openid.account = email === undefined ? person({ email_verified: false }) : person({ email });
    const browser = run.browser();
    const answer = await signIn(browser);
    await refused(browser, answer, email);
    const page = (await browser.ask(answer.headers["location"] ?? "")).body;
    answers.push(page.replaceAll(/name="csrf_token" value="[^"]+"/g, ""));
  }
  assert.equal(new Set(answers).size, 1);
  await change({ create_users: true, link_by_mail: false });
});

test("a session that the provider began ends with the user, and at the next request", async () => {
  openid.account = person();
  const browser = run.browser();
  await signIn(browser);
  assert.ok(await signedIn(browser));
  await system(async (env) => {
    const ids = await env.of(usersModel).search([["login", "=", openid.account.email ?? ""]]);
    await env.of(usersModel).write(ids, { active: false });
  });
  assert.ok(!(await signedIn(browser)));
  await refused(browser, await signIn(browser), "archived");
});

test("a sign-in that the provider waves through confirms nothing; signing in there again does, as the same person", async () => {
  const account = person();
  openid.account = account;
  const browser = run.browser();
  await signIn(browser);
  assert.ok(await signedIn(browser));
  const sensitive = "/web/account/factors/new";
  assert.match((await browser.ask(sensitive)).headers["location"] ?? "", /^\/web\/confirm/);
  assert.match(
    (await browser.ask(`/web/confirm?next=${sensitive}`)).body,
    /Sign in with Acme accounts again/,
  );
  const confirm = async () => {
    const away = await browser.ask(`/web/oidc/${provider}?confirm=1&next=${sensitive}`);
    const asked = new URL(away.headers["location"] ?? "");
    assert.equal(asked.searchParams.get("max_age"), "0");
    const back = new URL(await openid.visit(asked.href));
    return browser.ask(back.pathname + back.search);
  };
  openid.account = person();
  assert.equal((await confirm()).headers["location"], "/web/login?problem=provider");
  assert.equal((await browser.ask(sensitive)).status, 303, "somebody else's sign-in confirms nothing");
  openid.account = account;
  assert.equal((await confirm()).headers["location"], sensitive);
  assert.equal((await browser.ask(sensitive)).status, 200);
});

test("a required second step is asked for on top, unless the administrator says that the provider asks", async () => {
  openid.account = person();
  const requireFactor = (second_factor: boolean) =>
    system(async (env) => {
      const ids = await env.of(groupsModel).search([["key", "=", "base.user"]]);
      await env.of(groupsModel).write(ids, { second_factor });
      const users = await env.of(usersModel).search([["login", "=", openid.account.email ?? ""]]);
      if (users.length > 0)
        await env.of(usersModel).write(users, { groups_id: ids.map((id) => [4, id] as const) });
    });
  await signIn(run.browser());
  await requireFactor(true);
  const browser = run.browser();
  assert.equal((await signIn(browser)).headers["location"], "/web/login/factor");
  assert.ok(!(await signedIn(browser)));
  await change({ has_factor: true });
  assert.equal((await signIn(browser)).headers["location"], "/web/account");
  await requireFactor(false);
  await change({ has_factor: false });
});

test("only administrators see providers, each change wants a fresh confirmation, the secret is never shown", async () => {
  await testUser(run.db, { login: "cy", password });
  const cy = run.browser();
  await cy.submit("/web/login", { login: "cy", password });
  for (const path of ["", "/new", `/${provider}`])
    assert.equal((await cy.ask(`/settings/providers${path}`)).status, 404, path);
  const page = await admin.ask(`/settings/providers/${provider}`);
  assert.doesNotMatch(page.body, new RegExp(openid.clientSecret));
  const moved = await admin.post(`/settings/providers/${provider}`, {
    csrf_token: tokenOf(page.body),
    name: "x",
    url: "https://evil.example",
    client_id: openid.clientId,
  });
  assert.equal(moved.status, 422, "the secret does not follow to another address");
  await system(async (env) => {
    const sessions = env.model("hf.session");
    await sessions.write(await sessions.search([]), {
      confirmed_at: Temporal.Now.instant().subtract({ minutes: 11 }),
    });
  });
  const late = await admin.post(`/settings/providers/${provider}`, { csrf_token: tokenOf(page.body) });
  assert.match(late.headers["location"] ?? "", /^\/web\/confirm/);
});

test("the test button says what is right and what is wrong; a private address is asked only with leave", async () => {
  await admin.submit("/web/confirm", { password });
  const path = `/settings/providers/${provider}`;
  const token = async () => tokenOf((await admin.ask(path)).body);
  const good = await admin.post(`${path}/test`, { csrf_token: await token() });
  assert.match(good.body, new RegExp(`answers as ${openid.issuer}`));
  openid.tamperDiscovery = (document) => ({ ...document, issuer: "https://evil.example" });
  const wrong = await admin.post(`${path}/test`, { csrf_token: await token() });
  assert.equal(wrong.status, 422);
  openid.tamperDiscovery = undefined;
  await change({ allow_private: false });
  const inner = await admin.post(`${path}/test`, { csrf_token: await token() });
  assert.match(inner.body, /private network/);
  await change({ allow_private: true });
});

test("a server without private networks asks no provider there, whatever a database brought along says", async () => {
  const { place } = run;
  run.privateNetworks = false;
  run.place = place && { ...place, id: "00000000-0000-7000-8000-00000000acb0" };
  const answer = await run.browser().ask(`/web/oidc/${provider}`);
  Object.assign(run, { place, privateNetworks: true });
  assert.equal(answer.headers["location"], "/web/login?problem=away");
  assert.equal((await run.browser().ask(`/web/oidc/${provider}`)).status, 303);
});

test("whoever is inside by the password goes out when the provider takes it over", async () => {
  await change({ link_by_mail: true });
  const login = "taken@acme.example";
  await testUser(run.db, { login, password });
  const [intruder, owner] = [run.browser(), run.browser()];
  await intruder.submit("/web/login", { login, password });
  assert.ok(await signedIn(intruder));
  openid.account = person({ email: login });
  await signIn(owner);
  assert.deepEqual([await signedIn(owner), await signedIn(intruder)], [true, false]);
  await change({ link_by_mail: false });
});

test("a copy sends nobody away", async () => {
  const place = run.place;
  run.place = place && { ...place, id: "00000000-0000-7000-8000-00000000acaf", neutralized: true };
  assert.equal((await run.browser().ask(`/web/oidc/${provider}`)).status, 404);
  run.place = place;
});

test("no secret, code or token of a sign-in elsewhere reaches the log", async () => {
  openid.account = person();
  await signIn(run.browser());
  const said = JSON.stringify(run.logged, (_key, value) =>
    value instanceof Error ? String(value.stack) : value,
  );
  assert.doesNotMatch(said, new RegExp(openid.clientSecret));
  assert.doesNotMatch(said, /code=[\w-]{10}|eyJ[\w-]{20}/);
  assert.ok((await system((env) => env.of(externalIdentitiesModel).count([]))) > 3);
  assert.equal(await system((env) => env.of(throttleModel).count([["subject", "ilike", "%secret%"]])), 0);
});
