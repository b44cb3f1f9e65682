import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { cookieNames } from "../http/cookies.ts";
import type { Tenant } from "../http/route.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { PasswordHasher } from "./hasher.ts";
import { apiKeysModel, throttleModel, usersModel } from "./models.ts";
import { hashPassword, parseHash, verifyPassword } from "./password-hash.ts";
import { policyModel } from "./policy-model.ts";

const password = "quiet lantern over moss";
const source = "192.0.2.7";
const clock = new ManualClock(Date.UTC(2026, 10, 1));
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;
let ann: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  acme = testTenant(db, { hasher, clock });
  ann = await testUser(db, { login: "ann@acme.example", password });
  await testUser(db, { login: "gone@acme.example", password });
  await testUser(db, { login: "invited@acme.example" });
  await db.data.writing(db.system(), async (env) => {
    const [gone] = await env.of(usersModel).search([["login", "=", "gone@acme.example"]]);
    await env.of(usersModel).write([gone as number], { active: false });
    await env.of(policyModel).create([{ max_failures: 3, max_source_failures: 6 }]);
  });
});
after(async () => {
  await hasher.close();
  await db.close();
});
beforeEach(() => clock.advance(3 * 3_600_000));

/** So that each login is tried for the first time, and its counts are made, not raised. */
function forgetTries(): Promise<void> {
  return db.data.writing(db.system(), async (env) => {
    const ids = await env.of(throttleModel).search([]);
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  });
}

const signIn = (login: string | number, secret: string, more: object = {}) =>
  acme.identity.authenticate({ login, secret, source, ...more });

test("the right password signs in, by any writing of the login and of the accents", async () => {
  assert.equal(await signIn("ann@acme.example", password), ann);
  assert.equal(await signIn("  Ann@ACME.example ", password), ann);
  assert.equal(await signIn("ａｎｎ@acme.example", password), ann);
});

test("unknown, wrong, archived and not yet invited are one answer", async () => {
  for (const login of ["ann@acme.example", "gone@acme.example", "invited@acme.example", "nobody", ""])
    assert.equal(await signIn(login, "wrong guess of mine"), null, login);
});

test("unknown, wrong, archived and not yet invited cost the same statements and the same hash", async () => {
  const costs = [];
  await forgetTries();
  for (const login of [
    "nobody@acme.example",
    "ann@acme.example",
    "gone@acme.example",
    "invited@acme.example",
  ]) {
    const hashed: number[] = [];
    const watched = testTenant(db, {
      hasher: { ...hasher, verify: async (_text, _stored, { rounds }) => hashed.push(rounds) === 0 },
      clock,
    });
    const attempt = { login, secret: `a guess at ${login}`, source: `198.51.100.${costs.length}` };
    const statements = await db.statements(() => watched.identity.authenticate(attempt));
    costs.push({ statements, hashed });
  }
  assert.deepEqual(costs[0]?.hashed, [600_000]);
  for (const cost of costs) assert.deepEqual(cost, costs[0]);
});

test("bad input is a wrong password, not a failure", async () => {
  for (const [login, secret] of [
    ["ann@acme.example\u0000", password],
    ["\ud800", password],
    ["a".repeat(100_000), "x"],
    ["ann@acme.example", "\ud800"],
    ["ann@acme.example", ""],
    ["ann@acme.example", "x".repeat(100_000)],
  ] as const)
    assert.equal(await acme.identity.authenticate({ login, secret, source: "2001:db8::1" }), null);
});

test("after three wrong passwords account and source wait, the right one too; afterwards it goes on", async () => {
  for (const wrong of ["a wrong one", "another wrong one", "third wrong one"])
    assert.equal(await signIn("ann@acme.example", wrong), null);
  await assert.rejects(signIn("ann@acme.example", password), { code: "too_many" });
  await assert.rejects(signIn("Ann@Acme.Example", password), { code: "too_many" });
  assert.equal(await signIn("ann@acme.example", password, { source: "198.51.100.9" }), ann);
  clock.advance(6 * 60_000);
  assert.equal(await signIn("ann@acme.example", password), ann);
});

test("the same wrong password counts once", async () => {
  for (let again = 0; again < 8; again++)
    assert.equal(await signIn("ann@acme.example", "my old password"), null);
  assert.equal(await signIn("ann@acme.example", password), ann);
});

test("a success forgets the account's failures", async () => {
  for (let round = 0; round < 2; round++) {
    await signIn("ann@acme.example", `one wrong ${round}`);
    await signIn("ann@acme.example", `two wrong ${round}`);
    assert.equal(await signIn("ann@acme.example", password), ann);
    clock.advance(60_000);
  }
});

test("many accounts from one source are counted together; an IPv6 source by its /64", async () => {
  const from = (n: number) => ({ source: `2001:db8:0:7::${n}` });
  for (let n = 1; n <= 6; n++) assert.equal(await signIn(`user${n}`, "guess", from(n)), null);
  await assert.rejects(signIn("user9", "guess", from(99)), { code: "too_many" });
  assert.equal(await signIn("user9", "guess", { source: "2001:db8:0:8::1" }), null);
});

test("the owner gets in from a known device while the address is blocked", async () => {
  const { cookies } = await acme.identity.openSession(ann, { source, userAgent: "" });
  const device = cookies.find((cookie) => cookie.startsWith(cookieNames.device))?.split(/[=;]/)[1] ?? "";
  for (const wrong of ["w1 wrong", "w2 wrong", "w3 wrong"]) await signIn("ann@acme.example", wrong);
  await assert.rejects(signIn("ann@acme.example", password), { code: "too_many" });
  assert.equal(await signIn("ann@acme.example", password, { device }), ann);
  await assert.rejects(signIn("ann@acme.example", password, { device: device.replace(/.$/, "x") }), {
    code: "too_many",
  });
  await assert.rejects(signIn("ann@acme.example", password, { device: device.replace(/^\d+/, "9999") }), {
    code: "too_many",
  });
});

test("guesses at once from many workers are counted as in a row: at most the limit is ever checked", async () => {
  let checked = 0;
  const counting: PasswordHasher = {
    ...hasher,
    verify: async () => {
      checked += 1;
      return false;
    },
  };
  const workers = Array.from({ length: 4 }, () => testTenant(db, { hasher: counting, clock }));
  const guesses = Array.from({ length: 40 }, (_, n) =>
    workers[n % 4]!.identity.authenticate({
      login: "ann@acme.example",
      secret: `guess ${n}`,
      source: "203.0.113.5",
    }),
  );
  const results = await Promise.allSettled(guesses);
  assert.ok(checked >= 1 && checked <= 3, `${checked} were checked`);
  for (const result of results)
    if (result.status === "rejected") assert.equal(result.reason.code, "too_many", String(result.reason));
});

test("what is counted is stored without a trace of what was tried", async () => {
  await signIn("ann@acme.example", "planted-secret-guess");
  await signIn("planted-password-in-the-wrong-field", "x");
  await acme.identity.requestReset("planted-password-in-the-wrong-field", source);
  await acme.identity.settle();
  const rows = await db.data
    .reading(db.system())
    .of(throttleModel)
    .searchRead([], ["subject", "tried", "key"]);
  assert.ok(rows.length > 0);
  assert.ok(!JSON.stringify(rows).includes("planted"));
});

test("a hash of fewer rounds is made anew at sign-in, and sessions stay", async () => {
  const old = hashPassword(password, 999);
  await db.data.writing(db.system(), (env) => env.of(usersModel).write([ann], { password_hash: old }));
  const { id } = await acme.identity.openSession(ann, { source, userAgent: "" });
  assert.equal(await signIn("ann@acme.example", password), ann);
  const [row] = await db.data.reading(db.system()).of(usersModel).read([ann], ["password_hash"]);
  assert.equal(parseHash(row?.password_hash ?? "")?.rounds, 1_000);
  assert.ok(verifyPassword(password, row?.password_hash ?? "", 1_000));
  assert.ok(await acme.identity.session(id));
});

test("an API key stands in for the password only on doors that allow it, and only for its owner", async () => {
  const key = await acme.identity.createApiKey(ann, "script");
  assert.equal(await signIn("ann@acme.example", key, { keys: true }), ann);
  assert.equal(await signIn(ann, key, { keys: true }), ann);
  assert.equal(await signIn("gone@acme.example", key, { keys: true }), null);
  assert.equal(await signIn("ann@acme.example", key), null);
  assert.equal((await acme.identity.apiKey(key))?.actor.userId, ann);
});

test("a changed, expired or revoked API key is dead, and so is one of an archived user", async () => {
  const key = await acme.identity.createApiKey(ann, "script", { days: 1 });
  assert.equal(await acme.identity.apiKey(key.replace(/.$/, (c) => (c === "A" ? "B" : "A"))), null);
  const set = (values: object) =>
    db.data.writing(db.system(), (env) =>
      env
        .of(apiKeysModel)
        .search([["name", "=", "script"]])
        .then((ids) => env.of(apiKeysModel).write(ids, values)),
    );
  await set({ revoked: true });
  assert.equal(await acme.identity.apiKey(key), null);
  await set({ revoked: false });
  assert.ok(await acme.identity.apiKey(key));
  await db.data.writing(db.system(), (env) => env.of(usersModel).write([ann], { active: false }));
  assert.equal(await acme.identity.apiKey(key), null);
  await db.data.writing(db.system(), (env) => env.of(usersModel).write([ann], { active: true }));
  clock.advance(25 * 3_600_000);
  assert.equal(await acme.identity.apiKey(key), null);
});

test("a remembered password is worth nothing once it was changed or its user archived", async () => {
  const cathy = await testUser(db, { login: "cathy", password });
  const first = await signIn(cathy, password, { keys: true });
  assert.equal(first, cathy);
  assert.equal(await signIn(cathy, password, { keys: true }), cathy);
  await acme.identity.setPassword(cathy, "a wholly different phrase");
  assert.equal(await signIn(cathy, password, { keys: true }), null);
  assert.equal(await signIn(cathy, "a wholly different phrase", { keys: true }), cathy);
  await db.data.writing(db.system(), (env) => env.of(usersModel).write([cathy], { active: false }));
  assert.equal(await signIn(cathy, "a wholly different phrase", { keys: true }), null);
});
