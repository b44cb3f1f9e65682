import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { throttleModel } from "@holdfast/framework/identity/models";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { frameworkRoutes } from "./framework-routes.ts";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
/** Stands in every field of every request; must stand in no log afterwards. */
const planted = "planted-secret-4711";
let run: RunningTest;
let asked = 0;

before(async () => {
  run = await runningServer([identityApp], { trustedProxies: ["127.0.0.1", "::1"] });
  await testUser(run.db, { login: "ann", password, groups: ["base.user", "base.admin"] });
});
after(() => run.stop());

/** Fields of the routes that take a secret or say who somebody is, by path. */
const forms: Readonly<Record<string, readonly string[]>> = {
  "/web/login": ["login", "password", "next", "csrf_token"],
  "/web/logout": ["csrf_token"],
  "/web/forgot": ["login"],
  "/web/signup": ["email"],
  "/web/signup/:token": ["name", "password", "again"],
  "/web/confirm": ["password", "next"],
  "/web/confirm/code": ["code", "next"],
  "/web/confirm/passkey": ["answer", "next"],
  "/web/account/password": ["current", "fresh", "keys"],
  "/web/account/devices": ["id"],
  "/web/account/keys": ["current", "name", "days"],
  "/web/account/keys/remove": ["id"],
  "/web/account/factors/codes": ["end_keys"],
  "/web/account/factors/new/app": ["code", "token", "name"],
  "/web/account/factors/new/passkey": ["answer", "token", "name"],
  "/web/account/factors/remove": ["key"],
  "/web/login/factor": ["code"],
  "/web/login/factor/passkey": ["answer"],
  "/web/login/passkey": ["answer", "next"],
  "/web/login/setup/app": ["code", "token"],
  "/web/login/setup/passkey": ["answer", "token"],
  "/web/reset/:token": ["password", "again"],
};
const jsons: Readonly<Record<string, readonly string[]>> = {
  "/web/session/authenticate": ["db", "login", "password"],
  "/web/session/confirm": ["password"],
  "/web/session/change_password": ["old_password", "new_password", "keep_api_keys"],
  "/web/session/destroy": [],
  "/web/session/get_session_info": [],
  "/web/users/password": ["user_id", "new_password"],
  "/web/users/password_hashes": ["hashes"],
  "/web/login/passkey/options": [],
};
const texts: readonly string[] = [
  "",
  `${planted}\u0000`,
  planted.repeat(200),
  planted.repeat(4_000),
  `${planted}\u202e\u0007`,
  `<script>${planted}</script>`,
  `' OR 1=1 -- ${planted}`,
  `e\u0301${planted}\u00e9`,
  `${planted}${"\u{1f600}".repeat(300)}`,
];
const values: readonly unknown[] = [
  ...texts,
  `\ud800${planted}`,
  null,
  true,
  4711,
  1e308,
  [planted],
  { $ne: planted },
  { toString: planted },
  nested(200),
];

function nested(depth: number): unknown {
  return depth === 0 ? planted : [nested(depth - 1)];
}

/** Each from an address of its own, so that the throttle does not answer in the place of what is tested. */
const headers = () => ({ "x-forwarded-for": `10.${++asked >> 16}.${(asked >> 8) & 255}.${asked & 255}` });
const isAnswered = (status: number) => [200, 303].includes(status) || (status >= 400 && status < 500);

async function signedIn(): Promise<TestBrowser> {
  const browser = run.browser();
  assert.equal(
    (await browser.submit("/web/login", { login: "ann", password }, { headers: headers() })).status,
    303,
  );
  return browser;
}

test("every changing route of identity is in the list of this test", () => {
  const mine = /^\/web\/(?:login|logout|forgot|signup|confirm|account|reset|session|users)/;
  const routes = frameworkRoutes.filter(({ method, path }) => method === "POST" && mine.test(path));
  assert.deepEqual(
    routes.map(({ path }) => path).filter((path) => !(path in forms) && !(path in jsons)),
    [],
  );
});

for (const [path, fields] of Object.entries(forms))
  test(`${path}: bad text in any field is answered, signs nobody in and is no failure of ours`, async () => {
    const browser = await signedIn();
    const stranger = run.browser();
    for (const by of [browser, stranger]) {
      const token = tokenOf((await by.ask(by === browser ? "/web/account" : "/web/login")).body);
      for (const field of fields)
        for (const text of texts) {
          const whole = Object.fromEntries(fields.map((name) => [name, planted]));
          const form = { csrf_token: token, ...whole, [field]: text };
          const answer = await by.post(path.replace(":token", "1.aaaa"), form, { headers: headers() });
          assert.ok(isAnswered(answer.status), `${field}: ${answer.status} ${answer.body.slice(0, 200)}`);
          assert.ok(
            answer.cookies.every((one) => !/^__Host-session_id=[A-Za-z0-9_-]{43}/.test(one)),
            field,
          );
          assert.doesNotMatch(answer.body, /<script>planted/);
        }
    }
    browser.close();
    stranger.close();
  });

for (const [path, fields] of Object.entries(jsons))
  test(`${path}: values of any kind in any field are refused in words, and are no failure of ours`, async () => {
    const browser = await signedIn();
    for (const field of [...fields, "more"])
      for (const value of values) {
        const whole = Object.fromEntries(fields.map((name) => [name, planted]));
        const params = { ...whole, [field]: value };
        const answer = await browser.json(path, { jsonrpc: "2.0", id: 1, params }, { headers: headers() });
        assert.ok(isAnswered(answer.status), `${field}: ${answer.status} ${answer.body.slice(0, 200)}`);
        assert.doesNotMatch(answer.body, /our side/, `${field}: ${answer.body.slice(0, 300)}`);
      }
    for (const body of ["", "null", "[]", '"x"', "{", `{"params":"${planted}"}`, "[".repeat(5_000)]) {
      const asJson = { "content-type": "application/json", origin: browser.origin, ...headers() };
      const answer = await browser.ask(path, { method: "POST", body, headers: asJson });
      assert.ok(isAnswered(answer.status), `${body.slice(0, 20)}: ${answer.status}`);
    }
    browser.close();
  });

test("nothing that was planted stands in a log, in the counts or in the log of sign-ins", async () => {
  const env = run.db.data.reading(run.db.system());
  const kept = [
    run.logged,
    await env.of(throttleModel).searchRead([], ["subject", "tried"], { limit: 10_000 }),
    await env.of(securityLogModel).searchRead([], ["who", "detail", "device", "method"], { limit: 10_000 }),
  ];
  assert.ok(run.logged.length > 100, "something was logged, so that this means something");
  const text = JSON.stringify(kept, (_key, value: unknown) =>
    value instanceof Error ? String(value.stack) : value,
  );
  const at = text.indexOf("planted-secret");
  assert.equal(at, -1, text.slice(Math.max(0, at - 300), at + 100));
  assert.ok(
    !run.logged.some(({ level }) => level === "error"),
    JSON.stringify(run.logged.filter(({ level }) => level === "error")).slice(0, 500),
  );
});
