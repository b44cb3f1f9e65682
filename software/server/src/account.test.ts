import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { testUser } from "@holdfast/framework/testing/identity";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
let run: RunningTest;
let ann: number;

before(async () => {
  run = await runningServer();
  ann = await testUser(run.db, { login: "ann", password });
  await testUser(run.db, { login: "bo", password });
});
after(() => run.stop());
beforeEach(async () => {
  await run.db.data.writing(run.db.system(), async (env) => {
    const ids = await env.of(throttleModel).search([]);
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  });
});

async function signedIn(login = "ann", secret = password): Promise<TestBrowser> {
  const browser = run.browser();
  assert.equal((await browser.submit("/web/login", { login, password: secret })).status, 303);
  return browser;
}

async function act(browser: TestBrowser, path: string, fields: Readonly<Record<string, string>>) {
  const token = tokenOf((await browser.ask("/web/account")).body);
  return browser.post(path, { csrf_token: token, ...fields });
}

const isIn = async (browser: TestBrowser) => (await browser.ask("/web/account")).status === 200;

test("a stranger is led to sign in, and a form without its token changes nothing", async () => {
  assert.equal((await run.browser().ask("/web/account")).status, 303);
  const browser = await signedIn();
  for (const path of ["password", "devices", "keys", "keys/remove"])
    assert.equal(
      (await browser.post(`/web/account/${path}`, { id: "others", current: password })).status,
      403,
      path,
    );
});

test("a key is made with the password, shown once, works, and is dead when removed", async () => {
  const browser = await signedIn();
  assert.equal(
    (await act(browser, "/web/account/keys", { name: "script", days: "30", current: "wrong" })).status,
    422,
  );
  const made = await act(browser, "/web/account/keys", { name: "<b>script", days: "30", current: password });
  const key = /<code>(hfk_[\w-]{51})<\/code>/.exec(made.body)?.[1] ?? "";
  assert.ok(key);
  assert.doesNotMatch(made.body, /<b>script/);
  const call = () =>
    run
      .browser()
      .json(
        "/json/2/res.partner/search_count",
        { domain: [] },
        { headers: { authorization: `Bearer ${key}` } },
      );
  assert.equal((await call()).status, 200);
  const page = (await browser.ask("/web/account")).body;
  assert.ok(!page.includes(key));
  const id = /keys\/remove">[\s\S]*?name="id" value="(\d+)"/.exec(page)?.[1] ?? "";
  await act(await signedIn("bo"), "/web/account/keys/remove", { id });
  assert.equal((await call()).status, 200);
  await act(browser, "/web/account/keys/remove", { id });
  assert.equal((await call()).status, 401);
});

test("other devices are signed out, this one stays; nobody signs out somebody else's", async () => {
  const [here, there, bo] = [await signedIn(), await signedIn(), await signedIn("bo")];
  const page = (await here.ask("/web/account")).body;
  const ids = [...page.matchAll(/devices">[\s\S]*?name="id" value="(\d+)"/g)].map((found) => found[1] ?? "");
  assert.ok(ids.length > 0);
  for (const id of ids) await act(bo, "/web/account/devices", { id });
  assert.ok(await isIn(there));
  await act(here, "/web/account/devices", { id: "others" });
  assert.ok(await isIn(here));
  assert.ok(!(await isIn(there)));
  assert.ok(await isIn(bo));
});

test("the password is changed only by who knows it; other devices end, this one goes on", async () => {
  const [here, there] = [await signedIn(), await signedIn()];
  const fresh = "seven herons on the ice";
  assert.equal((await act(here, "/web/account/password", { current: "wrong one", fresh })).status, 422);
  assert.equal(
    (await act(here, "/web/account/password", { current: password, fresh: "password" })).status,
    422,
  );
  assert.ok(await isIn(there));
  const done = await act(here, "/web/account/password", { current: password, fresh });
  assert.equal(done.status, 200);
  assert.ok(await isIn(here));
  assert.ok(!(await isIn(there)));
  await signedIn("ann", fresh);
  assert.ok(ann > 0);
});

test("a person whose time zone is none sees the page all the same, in UTC", async () => {
  const bo = await signedIn("bo");
  await run.db.data.writing(run.db.system(), async (env) => {
    const ids = await env.of(usersModel).search([["login", "=", "bo"]]);
    await env.of(usersModel).write(ids, { tz: "Mars/Base" });
  });
  assert.equal((await bo.ask("/web/account")).status, 200);
});
