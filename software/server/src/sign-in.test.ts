import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { testUser } from "@holdfast/framework/testing/identity";
import { tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
let run: RunningTest;
let ann: number;

before(async () => {
  run = await runningServer();
  ann = await testUser(run.db, { login: "ann", password });
});
after(() => run.stop());
beforeEach(forgetTries);

function forgetTries(): Promise<void> {
  return run.db.data.writing(run.db.system(), async (env) => {
    const ids = await env.of(throttleModel).search([]);
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  });
}

async function signedIn() {
  const browser = run.browser();
  const answer = await browser.submit("/web/login", { login: "ann", password });
  assert.equal(answer.status, 303, answer.body);
  return browser;
}

const info = "/web/session/get_session_info";
const call = { jsonrpc: "2.0", id: 1, method: "call", params: {} };

test("a person signs in with a form, is led where they wanted to go, and signs out", async () => {
  const browser = run.browser();
  const lost = await browser.ask("/web/res.partner");
  assert.equal(lost.status, 303);
  assert.equal(lost.headers["location"], "/web/login?next=%2Fweb%2Fres.partner");
  const page = await browser.ask(lost.headers["location"] ?? "");
  assert.match(page.body, /autocomplete="username[^"]*"/);
  assert.match(page.body, /autocomplete="current-password"/);
  const next = /name="next" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  const answer = await browser.post("/web/login", {
    csrf_token: tokenOf(page.body),
    login: "ann",
    password,
    next,
  });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers["location"], "/web/res.partner");
  assert.match((await browser.json(info, call)).body, /"uid":\d+/);
  const signOut = await browser.submit("/web/login", {});
  assert.equal(signOut.status, 403);
});

test("the session cookie is bound to the host, secure, out of reach of script", async () => {
  const answer = await run.browser().submit("/web/login", { login: "ann", password });
  assert.equal(answer.cookies.length, 2);
  for (const cookie of answer.cookies)
    assert.match(cookie, /^__Host-[a-z_]+=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
});

test("unknown, wrong, archived: the same status and the same bytes", async () => {
  await testUser(run.db, { login: "gone", password });
  await run.db.data.writing(run.db.system(), async (env) => {
    const ids = await env.of(usersModel).search([["login", "=", "gone"]]);
    await env.of(usersModel).write(ids, { active: false });
  });
  const answers = [];
  for (const login of ["nobody", "ann", "gone"]) {
    const answer = await run.browser().submit("/web/login", { login, password: "not the right one" });
    answers.push([
      answer.status,
      answer.body.replaceAll(/name="csrf_token" value="[^"]+"/g, "").replace(`value="${login}"`, ""),
    ]);
  }
  assert.equal(answers[0]?.[0], 401);
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
});

test("a form without its token, with another browser's, or from another site is refused and signs nobody in", async () => {
  const form = { login: "ann", password };
  const stranger = tokenOf((await run.browser().ask("/web/login")).body);
  const browser = run.browser();
  const own = tokenOf((await browser.ask("/web/login")).body);
  const refused = [
    await browser.post("/web/login", form),
    await browser.post("/web/login", { ...form, csrf_token: stranger }),
    await browser.post(
      "/web/login",
      { ...form, csrf_token: own },
      { headers: { origin: "https://evil.example" } },
    ),
    await browser.post(
      "/web/login",
      { ...form, csrf_token: own },
      { headers: { "sec-fetch-site": "same-site" } },
    ),
    await browser.post(
      "/web/login",
      { ...form, csrf_token: own },
      { headers: { origin: "null", "sec-fetch-site": "cross-site" } },
    ),
  ];
  for (const answer of refused) {
    assert.equal(answer.status, 403);
    assert.ok(answer.cookies.every((cookie) => !cookie.includes("session_id")));
  }
  assert.equal((await browser.post("/web/login", { ...form, csrf_token: own })).status, 303);
});

test("a cookie does not count for JSON from elsewhere, of another type, or without Origin", async () => {
  const browser = await signedIn();
  const body = JSON.stringify(call);
  const post = (headers: Record<string, string>) =>
    browser.ask(info, { method: "POST", body, headers: { accept: "application/json", ...headers } });
  const json = { "content-type": "application/json" };
  assert.equal((await post(json)).status, 403);
  assert.equal((await post({ ...json, origin: "https://evil.example" })).status, 403);
  assert.equal((await post({ ...json, origin: browser.origin.replace("acme", "other") })).status, 403);
  assert.equal((await post({ ...json, origin: browser.origin, "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await post({ "content-type": "text/plain", origin: browser.origin })).status, 415);
  assert.equal(
    (await post({ "content-type": "application/x-www-form-urlencoded", origin: browser.origin })).status,
    415,
  );
  assert.equal((await post({ ...json, origin: browser.origin })).status, 200);
});

test("a client without a browser may send the session's id as a bare cookie; in a browser it counts for nothing", async () => {
  const id = (await signedIn()).cookies.get("__Host-session_id") ?? "";
  const post = (headers: Record<string, string>) =>
    run.browser().ask(info, {
      method: "POST",
      body: JSON.stringify(call),
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        cookie: `session_id=${id}`,
        ...headers,
      },
    });
  assert.match((await post({})).body, /"uid":\d/);
  for (const browser of [
    { origin: run.browser().origin },
    { "sec-fetch-site": "same-origin" },
    { "sec-fetch-dest": "empty" },
  ])
    assert.doesNotMatch((await post(browser as Record<string, string>)).body, /"uid":\d/);
  assert.equal(
    (
      await run
        .browser()
        .ask("/web/app", { headers: { cookie: `session_id=${id}`, accept: "application/json" } })
    ).status,
    401,
  );
});

test("a session that ended is dead at the next request: sign-out, archived, new password", async () => {
  const alive = async (browser: Awaited<ReturnType<typeof signedIn>>) =>
    /"uid":\d/.test((await browser.json(info, call)).body);
  const out = await signedIn();
  assert.ok(await alive(out));
  const kept = new Map(out.cookies);
  const form = tokenOf((await run.browser().ask("/web/login")).body);
  assert.equal((await out.post("/web/logout", { csrf_token: form })).status, 403);
  assert.ok(await alive(out));
  await out.json("/web/session/destroy", call);
  for (const [name, value] of kept) out.cookies.set(name, value);
  assert.ok(!(await alive(out)));
  const archived = await signedIn();
  await run.db.data.writing(run.db.system(), (env) => env.of(usersModel).write([ann], { active: false }));
  assert.ok(!(await alive(archived)));
  await run.db.data.writing(run.db.system(), (env) => env.of(usersModel).write([ann], { active: true }));
  assert.ok(await alive(archived));
});

test("the address to go on to stays on this host", async () => {
  for (const next of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\tevil",
    "javascript:alert(1)",
    "/x\r\nset-cookie: a=b",
  ]) {
    const answer = await run.browser().submit("/web/login", { login: "ann", password, next });
    assert.equal(answer.status, 303, next);
    assert.equal(answer.headers["location"], "/web", next);
  }
});

test("after too many failures the page says so, keeps the login, and hides nothing in time", async () => {
  const browser = run.browser();
  for (let n = 0; n < 10; n++)
    assert.equal((await browser.submit("/web/login", { login: "ann", password: `wrong ${n}` })).status, 401);
  const blocked = await browser.submit("/web/login", { login: "ann", password });
  assert.equal(blocked.status, 429);
  assert.ok(blocked.headers["retry-after"]);
  assert.match(blocked.body, /Too many tries/);
});

test("bad input in every field is answered, and no password reaches the log", async () => {
  const planted = "planted-password-4711";
  const bad = [
    "\u0000",
    "%ff",
    "é".repeat(3_000),
    "<script>",
    "a\u0301",
    "\ud800".toWellFormed(),
    "' OR 1=1 --",
  ];
  for (const text of bad) {
    const answer = await run
      .browser()
      .submit("/web/login", { login: text, password: planted + text, next: text });
    assert.ok([401, 413, 400, 429].includes(answer.status), `${answer.status}`);
    assert.doesNotMatch(answer.body, /<script>/);
  }
  assert.ok(run.logged.every((line) => !JSON.stringify(line.fields).includes(planted)));
});

test("a user number that nobody has is counted like any other, so it takes as long and tells nothing", async () => {
  const tryNumber = (uid: number) =>
    run.browser().json("/jsonrpc", {
      jsonrpc: "2.0",
      id: 1,
      method: "call",
      params: {
        service: "object",
        method: "execute_kw",
        args: ["acme", uid, "wrong", "res.users", "search", [[]]],
      },
    });
  const counted = () => run.db.data.reading(run.db.system()).of(throttleModel).count([]);
  const known = await tryNumber(ann);
  const rows = await counted();
  assert.ok(rows > 0);
  await forgetTries();
  const unknown = await tryNumber(999_999);
  assert.equal(await counted(), rows);
  assert.equal(unknown.body, known.body);
});

test("a user whose language is none signs in all the same, in English", async () => {
  const setLanguage = (lang: string) =>
    run.db.data.writing(run.db.system(), (env) => env.of(usersModel).write([ann], { lang }));
  await setLanguage("-");
  const answer = await run.browser().json("/web/session/authenticate", {
    ...call,
    params: { login: "ann", password },
  });
  await setLanguage("en");
  assert.equal(JSON.parse(answer.body).result.user_context.lang, "en_US");
});
