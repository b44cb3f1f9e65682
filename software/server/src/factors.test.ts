import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { passkeysModel, recoveryCodesModel, totpModel } from "@holdfast/framework/identity/factors/models";
import { groupsModel, throttleModel } from "@holdfast/framework/identity/models";
import { quickHasher, testTenant, testUser } from "@holdfast/framework/testing/identity";
import { AuthenticatorApp } from "./testing/authenticator-app.ts";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
const call = { jsonrpc: "2.0", id: 1, method: "call", params: {} };
const info = "/web/session/get_session_info";
let run: RunningTest;
let names = 0;

before(async () => {
  run = await runningServer();
});
after(() => run.stop());
beforeEach(forgetTries);

const system = <T>(work: Parameters<typeof run.db.data.writing<T>>[1]) =>
  run.db.data.writing(run.db.system(), work);

function forgetTries(): Promise<void> {
  return system(async (env) => {
    const ids = await env.of(throttleModel).search([]);
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  });
}

/** A person whose authenticator app is set up. */
async function enrolled() {
  const login = `person${++names}`;
  const id = await testUser(run.db, { login, password });
  const browser = run.browser();
  await browser.submit("/web/login", { login, password });
  const page = await browser.ask("/web/account/factors/new");
  assert.equal(page.status, 200, page.body);
  const app = new AuthenticatorApp(page.body);
  const added = await browser.post("/web/account/factors/new/app", {
    ...hiddenOf(page.body),
    code: app.code(Date.now()),
  });
  assert.match(added.body, /Your recovery codes/);
  const codes = [...added.body.matchAll(/<li><code>([A-Z2-7-]{19})<\/code>/g)].map((found) => found[1] ?? "");
  assert.equal(codes.length, 10);
  return { login, id, browser, app, codes };
}

function hiddenOf(page: string): Record<string, string> {
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  return { csrf_token: tokenOf(page), token };
}

/** The password is right; the browser stands before the second step. */
async function half(login: string): Promise<TestBrowser> {
  const browser = run.browser();
  const answer = await browser.submit("/web/login", { login, password });
  assert.equal(answer.headers["location"], "/web/login/factor");
  return browser;
}

/** As if a minute had gone by: the steps that were used are of the past. */
function later(): Promise<void> {
  return system(async (env) => {
    const ids = await env.of(totpModel).search([]);
    await env.of(totpModel).write(ids, { last_step: 1 });
  });
}

const signedIn = async (browser: TestBrowser) => /"uid":\d/.test((await browser.json(info, call)).body);

test("after the password a code of the app is asked for; only then is there a session", async () => {
  const { login, app } = await enrolled();
  await later();
  const browser = await half(login);
  assert.ok(!(await signedIn(browser)));
  const page = await browser.ask("/web/login/factor");
  assert.match(page.body, /autocomplete="one-time-code"/);
  const answer = await browser.submit("/web/login/factor", { code: app.code(Date.now()) });
  assert.equal(answer.status, 303, answer.body);
  assert.equal(answer.headers["location"], "/web");
  assert.ok(await signedIn(browser));
});

test("a code is taken once: not again, not in another browser, not by two at the same moment", async () => {
  const { login, app } = await enrolled();
  await later();
  const code = app.code(Date.now());
  const browsers = await Promise.all([half(login), half(login), half(login)]);
  const answers = await Promise.all(browsers.map((browser) => browser.submit("/web/login/factor", { code })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422, 422]);
  const again = await (await half(login)).submit("/web/login/factor", { code });
  assert.equal(again.status, 422);
});

test("five wrong codes an hour, over all browsers and addresses; then the right one is not even checked", async () => {
  const { login, app } = await enrolled();
  await later();
  const now = Date.now();
  for (let n = 0; n < 5; n++) {
    const answer = await (await half(login)).submit("/web/login/factor", { code: `00000${n}` });
    assert.equal(answer.status, 422);
  }
  const right = await (await half(login)).submit("/web/login/factor", { code: app.code(now) });
  assert.equal(right.status, 429);
});

test("a recovery code lets in once, and is stored as a hash alone", async () => {
  const { login, codes, id } = await enrolled();
  const code = codes[3] ?? "";
  const browser = await half(login);
  assert.equal((await browser.submit("/web/login/factor", { code: code.toLowerCase() })).status, 303);
  assert.ok(await signedIn(browser));
  assert.equal((await (await half(login)).submit("/web/login/factor", { code })).status, 422);
  await system(async (env) => {
    const rows = await env.of(recoveryCodesModel).searchRead([["user_id", "=", id]], ["code_hash"]);
    assert.equal(rows.length, 9);
    assert.ok(rows.every((row) => /^[0-9a-f]{64}$/.test(row.code_hash)));
    const [app] = await env.of(totpModel).searchRead([["user_id", "=", id]], ["secret_sealed"]);
    assert.doesNotMatch(app?.secret_sealed ?? "", /^[A-Z2-7]{32}$/);
  });
});

test("the password alone opens no door of the remote API", async () => {
  const { login } = await enrolled();
  const session = await run
    .browser()
    .json("/web/session/authenticate", { ...call, params: { login, password } });
  assert.match(session.body, /second factor/);
  assert.ok(session.cookies.every((cookie) => !cookie.includes("session_id")));
  const params = { service: "common", method: "login", args: ["acme", login, password] };
  const rpc = await run.browser().json("/jsonrpc", { ...call, params });
  assert.equal(JSON.parse(rpc.body).result, false);
});

test("without a sign-in under way, or with somebody else's, the second step is nothing", async () => {
  for (const path of ["/web/login/factor", "/web/login/setup"]) {
    const answer = await run.browser().ask(path);
    assert.equal(answer.headers["location"], "/web/login?problem=late");
  }
  const browser = run.browser();
  browser.cookies.set("__Host-signin", "A".repeat(43));
  const form = tokenOf((await browser.ask("/web/login")).body);
  for (const path of ["/web/login/factor", "/web/login/setup/app", "/web/login/setup/passkey"]) {
    const answer = await browser.post(path, { csrf_token: form, code: "123456" });
    assert.equal(answer.headers["location"], "/web/login?problem=late", path);
  }
});

test("a member of a group that requires it sets a factor up at sign-in, before anything else", async () => {
  const login = "member";
  await testUser(run.db, { login, password, groups: ["base.portal"] });
  const before = run.browser();
  await before.submit("/web/login", { login, password });
  assert.ok(await signedIn(before));
  await requireFactor("base.portal", true);
  const browser = run.browser();
  const first = await browser.submit("/web/login", { login, password });
  assert.equal(first.headers["location"], "/web/login/factor");
  assert.equal((await browser.ask("/web/login/factor")).headers["location"], "/web/login/setup");
  assert.equal((await browser.ask("/web")).status, 303);
  const page = await browser.ask("/web/login/setup");
  const app = new AuthenticatorApp(page.body);
  const wrong = await browser.post("/web/login/setup/app", { ...hiddenOf(page.body), code: "000000" });
  assert.equal(wrong.status, 422);
  assert.equal(
    new AuthenticatorApp(wrong.body).code(0),
    app.code(0),
    "the key stays the same after a mistake",
  );
  const done = await browser.post("/web/login/setup/app", {
    ...hiddenOf(wrong.body),
    code: app.code(Date.now()),
  });
  assert.match(done.body, /Your recovery codes/);
  assert.ok(await signedIn(browser));
  assert.ok(!(await signedIn(before)), "the session that the password alone had opened ended");
  assert.equal((await browser.ask("/web/login/setup")).headers["location"], "/web/login?problem=late");
  await requireFactor("base.portal", false);
});

test("of two who set up the required factor at once, one gets in, and the factor is theirs alone", async () => {
  const login = "contested";
  const id = await testUser(run.db, { login, password, groups: ["base.portal"] });
  await requireFactor("base.portal", true);
  const both = await Promise.all(
    [run.browser(), run.browser(), run.browser(), run.browser()].map(async (browser) => {
      await browser.submit("/web/login", { login, password });
      const page = await browser.ask("/web/login/setup");
      return { browser, page, app: new AuthenticatorApp(page.body) };
    }),
  );
  const answers = await Promise.all(
    both.map(({ browser, page, app }) =>
      browser.post("/web/login/setup/app", { ...hiddenOf(page.body), code: app.code(Date.now()) }),
    ),
  );
  const shown = answers.filter(({ body }) => /Your recovery codes/.test(body));
  assert.equal(shown.length, 1, answers.map(({ status }) => status).join());
  const inside = await Promise.all(both.map(({ browser }) => signedIn(browser)));
  assert.equal(inside.filter(Boolean).length, 1);
  assert.equal(await system((env) => env.of(totpModel).count([["user_id", "=", id]])), 1);
  assert.equal(await system((env) => env.of(recoveryCodesModel).count([["user_id", "=", id]])), 10);
  await requireFactor("base.portal", false);
});

test("an administrator resets the factors of somebody who lost them; nobody else does, nor unconfirmed, nor by key", async () => {
  const { login, id, browser: lost } = await enrolled();
  const reset = { model: "res.users", method: "action_reset_factors", args: [[id]], kwargs: {} };
  const ask = async (by: TestBrowser) =>
    (await by.json("/web/dataset/call_kw", { ...call, params: reset })).body;
  const factors = () => system((env) => env.of(totpModel).count([["user_id", "=", id]]));
  const signIn = async (groups: readonly string[]) => {
    const name = `asks${++names}`;
    const userId = await testUser(run.db, { login: name, password, groups });
    const browser = run.browser();
    await browser.submit("/web/login", { login: name, password });
    return { browser, userId };
  };
  for (const group of ["base.user", "base.portal"])
    assert.match(await ask((await signIn([group])).browser), /AccessError|Missing|NotFound/i, group);
  const { browser: boss, userId } = await signIn(["base.admin"]);
  const key = await testTenant(run.db, { hasher: quickHasher(), ...run.keys }).identity.createApiKey(
    userId,
    "all",
  );
  const byKey = await run.browser().json(
    "/json/2/res.users/action_reset_factors",
    { ids: [id] },
    {
      headers: { authorization: `Bearer ${key}` },
    },
  );
  assert.equal(byKey.status, 403, byKey.body);
  const confirmedAt = (confirmed_at: Temporal.Instant) =>
    system(async (env) => {
      const sessions = env.model("hf.session");
      await sessions.write(await sessions.search([["user_id", "=", userId]]), { confirmed_at });
    });
  await confirmedAt(Temporal.Now.instant().subtract({ minutes: 11 }));
  assert.match(await ask(boss), /ConfirmationNeeded/);
  assert.equal(await factors(), 1);
  await confirmedAt(Temporal.Now.instant());
  assert.match(await ask(boss), /"result":true/);
  assert.equal(await factors(), 0);
  assert.ok(!(await signedIn(lost)), "sessions from before end");
  const again = run.browser();
  await again.submit("/web/login", { login, password });
  assert.ok(await signedIn(again), "by the password, until a new factor is set up");
});

function requireFactor(key: string, second_factor: boolean): Promise<void> {
  return system(async (env) => {
    const ids = await env.of(groupsModel).search([["key", "=", key]]);
    await env.of(groupsModel).write(ids, { second_factor });
  });
}

test("who must have a factor cannot remove the only one", async () => {
  const { browser, id } = await enrolled();
  await requireFactor("base.user", true);
  const page = await browser.ask("/web/account/factors");
  const key = /name="key" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  const answer = await browser.post("/web/account/factors/remove", { csrf_token: tokenOf(page.body), key });
  assert.equal(answer.status, 422);
  assert.equal(await system((env) => env.of(totpModel).count([["user_id", "=", id]])), 1);
  await requireFactor("base.user", false);
});

test("removing a factor ends the other sessions; a stranger's factor is as if it were not there", async () => {
  const { login, browser, app, id } = await enrolled();
  await later();
  const other = await half(login);
  await other.submit("/web/login/factor", { code: app.code(Date.now()) });
  assert.ok(await signedIn(other));
  const stranger = await enrolled();
  const key = /name="key" value="([^"]+)"/.exec((await browser.ask("/web/account/factors")).body)?.[1] ?? "";
  const form = tokenOf((await stranger.browser.ask("/web/account/factors")).body);
  await stranger.browser.post("/web/account/factors/remove", { csrf_token: form, key });
  assert.equal(await system((env) => env.of(totpModel).count([["user_id", "=", id]])), 1);
  assert.ok(await signedIn(other));
  const own = tokenOf((await browser.ask("/web/account/factors")).body);
  await browser.post("/web/account/factors/remove", { csrf_token: own, key });
  assert.ok(await signedIn(browser));
  assert.ok(!(await signedIn(other)));
  assert.equal(await system((env) => env.of(recoveryCodesModel).count([["user_id", "=", id]])), 0);
});

test("every change of factors asks for a recent confirmation", async () => {
  const { browser } = await enrolled();
  await system(async (env) => {
    const sessions = env.model("hf.session");
    const long = Temporal.Now.instant().subtract({ minutes: 11 });
    await sessions.write(await sessions.search([]), { confirmed_at: long });
  });
  const opened = await browser.ask("/web/account/factors/new");
  assert.equal(opened.headers["location"], "/web/confirm?next=%2Fweb%2Faccount%2Ffactors%2Fnew");
  const form = tokenOf((await browser.ask("/web/account/factors")).body);
  for (const path of ["new/app", "new/passkey", "remove", "codes"]) {
    const answer = await browser.post(`/web/account/factors/${path}`, { csrf_token: form });
    assert.match(answer.headers["location"] ?? "", /^\/web\/confirm/, path);
  }
});

test("a code of the app confirms in place of the password, once; another person's confirms nothing", async () => {
  const { browser, app } = await enrolled();
  const stranger = await enrolled();
  await later();
  const code = app.code(Date.now());
  const form = async (by: TestBrowser) => ({
    csrf_token: tokenOf((await by.ask("/web/confirm")).body),
    next: "/web/account",
  });
  const foreign = await stranger.browser.post("/web/confirm/code", {
    ...(await form(stranger.browser)),
    code,
  });
  assert.equal(foreign.status, 422);
  const right = await browser.post("/web/confirm/code", { ...(await form(browser)), code });
  assert.equal(right.headers["location"], "/web/account");
  assert.equal((await browser.post("/web/confirm/code", { ...(await form(browser)), code })).status, 422);
});

test("a forged, foreign or repeated answer of a passkey opens nothing", async () => {
  const browser = run.browser();
  const form = tokenOf((await browser.ask("/web/login")).body);
  const options = JSON.parse((await browser.json("/web/login/passkey/options", {})).body);
  assert.deepEqual(options.allowCredentials, [], "nothing is told of who has a passkey");
  assert.equal(options.userVerification, "required");
  const client = { type: "webauthn.get", challenge: options.challenge, origin: browser.origin };
  const forged = {
    id: "AAAA",
    rawId: "AAAA",
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: Buffer.from(JSON.stringify(client)).toString("base64url"),
      authenticatorData: Buffer.alloc(37).toString("base64url"),
      signature: "AAAA",
      userHandle: "AAAA",
    },
  };
  for (const answer of [JSON.stringify(forged), "", "null", "[]", '{"id":7}', "\u0000", "{".repeat(9_000)]) {
    const refused = await browser.post("/web/login/passkey", { csrf_token: form, answer });
    assert.equal(refused.status, 401, answer.slice(0, 20));
    assert.ok(!(await signedIn(browser)));
  }
  assert.equal(await system((env) => env.of(passkeysModel).count([])), 0);
});

test("bad input in the second step is a 4xx, and no code reaches the log", async () => {
  const { login } = await enrolled();
  for (const code of ["\u0000", "é".repeat(3_000), "'--", "１２３４５６", " ", "7654321"]) {
    await forgetTries();
    const answer = await (await half(login)).submit("/web/login/factor", { code });
    assert.ok([400, 413, 422].includes(answer.status), `${answer.status}`);
  }
  assert.ok(run.logged.every((line) => !JSON.stringify(line.fields).includes("7654321")));
});
