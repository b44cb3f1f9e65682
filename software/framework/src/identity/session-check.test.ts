import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import type { Tenant } from "../http/route.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import { endOtherSessions } from "./credential-change.ts";
import type { PasswordHasher } from "./hasher.ts";
import { usersModel } from "./models.ts";
import { requireRecentConfirmation } from "./recent-confirmation.ts";
import { securityLogModel } from "./security-log-model.ts";
import { formerIdSeconds, rotateEveryMinutes } from "./session-check.ts";

const password = "quiet lantern over moss";
const from = { source: "192.0.2.7", userAgent: "" };
const clock = new ManualClock(Date.UTC(2026, 10, 1));
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;
let ann: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  acme = testTenant(db, { hasher, clock });
  ann = await testUser(db, { login: "ann", password });
});
after(async () => {
  await hasher.close();
  await db.close();
});

const visit = (id: string) => acme.identity.session(id, { rotate: true });
const minutes = (count: number) => clock.advance(count * 60_000);
const idIn = (cookies: readonly string[] | undefined) =>
  /^__Host-session_id=([A-Za-z0-9_-]{43});/.exec(cookies?.[0] ?? "")?.[1];

test("every few hours a browser gets a new id; the former one counts for requests under way, then no more", async () => {
  const { id: first, sessionKey } = await acme.identity.openSession(ann, from);
  assert.equal(idIn((await visit(first))?.cookies), undefined);
  minutes(rotateEveryMinutes);
  const turned = await Promise.all([visit(first), visit(first), visit(first)]);
  const fresh = turned.flatMap((one) => idIn(one?.cookies) ?? []);
  assert.equal(fresh.length, 1, "of requests at once one brings the new id");
  for (const one of turned) assert.equal(one?.sessionKey, sessionKey);
  assert.ok(
    await visit(first),
    "the answer with the new id may be lost: until it is seen the former one counts",
  );
  const seen = await visit(fresh[0] ?? "");
  assert.equal(seen?.sessionKey, sessionKey);
  assert.ok(await visit(first), "requests that were under way");
  clock.advance(formerIdSeconds * 1_000 + 1);
  assert.equal(await visit(first), null);
  assert.ok(await visit(fresh[0] ?? ""));
});

test("a program that was told its id once keeps it", async () => {
  const { id } = await acme.identity.openSession(ann, from);
  minutes(rotateEveryMinutes + 1);
  const found = await acme.identity.session(id);
  assert.deepEqual(found?.cookies, []);
});

test("an id that was replaced ends with its session, by its key", async () => {
  const { id, sessionKey } = await acme.identity.openSession(ann, from);
  minutes(rotateEveryMinutes);
  const fresh = idIn((await visit(id))?.cookies) ?? "";
  await acme.identity.endSession(sessionKey);
  assert.equal(await visit(id), null);
  assert.equal(await visit(fresh), null);
});

test("after ten minutes a sensitive action asks again; confirming gives the session a new id, and is logged", async () => {
  const { id, sessionKey } = await acme.identity.openSession(ann, from);
  const allowed = async (by: string) => {
    const found = await acme.identity.session(by);
    assert.ok(found);
    requireRecentConfirmation(found.actor, clock.now());
  };
  await allowed(id);
  minutes(11);
  await assert.rejects(allowed(id), { code: "confirmation_needed" });
  const session = { userId: ann, sessionKey, from };
  const attempt = { login: "somebody else", secret: "wrong", source: from.source };
  assert.equal(await acme.identity.confirm(attempt, session), null);
  await assert.rejects(allowed(id), { code: "confirmation_needed" });
  const fresh = idIn((await acme.identity.confirm({ ...attempt, secret: password }, session)) ?? []) ?? "";
  assert.notEqual(fresh, "");
  await allowed(fresh);
  const env = db.data.reading(db.system());
  assert.equal(await env.of(securityLogModel).count([["event", "=", "confirmation"]]), 1);
});

test("an API key and a visitor confirm nothing", async () => {
  const key = await acme.identity.createApiKey(ann, "program");
  const found = await acme.identity.apiKey(key);
  assert.ok(found);
  assert.throws(() => requireRecentConfirmation(found.actor, clock.now()), { code: "confirmation_needed" });
});

test("a password that is changed between the check and the opening of the session opens nothing", async () => {
  const bo = await testUser(db, { login: "bo", password });
  const [before_] = await db.data.reading(db.system()).of(usersModel).read([bo], ["credential_version"]);
  const first = { userId: bo, credentialVersion: before_?.credential_version ?? 0, method: "password" };
  await acme.identity.setPassword(bo, "another lantern, less quiet");
  assert.equal((await acme.identity.proceed(first, from)).kind, "refused");
});

test("of an opening and a change at the same moment, no session of the former password is left", async () => {
  const cy = await testUser(db, { login: "cy", password });
  for (let round = 0; round < 8; round++) {
    const [user] = await db.data.reading(db.system()).of(usersModel).read([cy], ["credential_version"]);
    const first = { userId: cy, credentialVersion: user?.credential_version ?? 0, method: "password" };
    const [outcome] = await Promise.all([
      acme.identity.proceed(first, from),
      db.data.writing(db.system(), (env) => endOtherSessions(env, cy, { endApiKeys: true })),
    ]);
    if (outcome.kind === "opened") assert.equal(await visit(outcome.session.id), null, `round ${round}`);
  }
});
