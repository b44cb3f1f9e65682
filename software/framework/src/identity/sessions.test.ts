import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import type { Tenant } from "../http/route.ts";
import { sql } from "../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { PasswordHasher } from "./hasher.ts";
import { usersModel } from "./models.ts";
import { sessionModel } from "./session-model.ts";

const clock = new ManualClock(Date.UTC(2026, 10, 1));
const from = {
  source: "192.0.2.7",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
};
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;
let ann: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  acme = testTenant(db, { hasher, clock });
  ann = await testUser(db, { login: "ann", password: "quiet lantern over moss", groups: ["base.admin"] });
});
after(async () => {
  await hasher.close();
  await db.close();
});

test("a session gives its user's actor, groups closed under implication", async () => {
  const { id, sessionKey } = await acme.identity.openSession(ann, from);
  const found = await acme.identity.session(id);
  assert.equal(found?.actor.userId, ann);
  assert.deepEqual([...(found?.actor.groups ?? [])].sort(), ["base.admin", "base.user"]);
  assert.equal(found?.sessionKey, sessionKey);
});

test("the stored row holds no session id, only its hash", async () => {
  const { id } = await acme.identity.openSession(ann, from);
  const rows = await db.database.rows(sessionRows);
  assert.ok(rows.length > 0);
  assert.ok(!JSON.stringify(rows).includes(id));
});

test("an unknown id, a hash in its place, and no id at all open nothing", async () => {
  const { sessionKey } = await acme.identity.openSession(ann, from);
  for (const id of ["", "x", sessionKey, "A".repeat(43), "'; DROP TABLE hf_session; --"])
    assert.equal(await acme.identity.session(id), null, id);
});

test("a session is dead at the next request after sign-out, archiving and a new password", async () => {
  const ends: readonly (readonly [string, (sessionKey: string) => Promise<unknown>])[] = [
    ["sign-out", (key) => acme.identity.endSession(key)],
    ["sign-out everywhere", () => acme.identity.endSessionsOf(ann)],
    ["new password", () => acme.identity.setPassword(ann, "another lantern, less quiet")],
    ["archived", () => archive(true)],
  ];
  for (const [name, end] of ends) {
    const { id, sessionKey } = await acme.identity.openSession(ann, from);
    assert.ok(await acme.identity.session(id), name);
    await end(sessionKey);
    assert.equal(await acme.identity.session(id), null, name);
  }
  await archive(false);
});

test("a group that was taken away is gone at the next request", async () => {
  const bo = await testUser(db, { login: "bo", groups: ["base.admin"] });
  const { id } = await acme.identity.openSession(bo, from);
  assert.ok((await acme.identity.session(id))?.actor.groups.has("base.admin"));
  await db.data.writing(db.system(), (env) => env.of(usersModel).write([bo], { groups_id: [[5]] }));
  assert.deepEqual([...((await acme.identity.session(id))?.actor.groups ?? ["?"])], []);
});

test("a session ends when idle, and lives on while used until its absolute limit", async () => {
  const idle = await acme.identity.openSession(ann, from);
  const used = await acme.identity.openSession(ann, from);
  clock.advance(11 * 3_600_000);
  assert.ok(await acme.identity.session(used.id));
  clock.advance(2 * 3_600_000);
  assert.equal(await acme.identity.session(idle.id), null);
  for (let hours = 13; hours < 168; hours += 5) {
    assert.ok(await acme.identity.session(used.id), `after ${hours} h`);
    clock.advance(5 * 3_600_000);
  }
  assert.equal(await acme.identity.session(used.id), null);
});

test("signing in again ends the session that the browser had", async () => {
  const first = await acme.identity.openSession(ann, from);
  const second = await acme.identity.openSession(ann, { ...from, replaces: first.sessionKey });
  assert.equal(await acme.identity.session(first.id), null);
  assert.ok(await acme.identity.session(second.id));
});

test("a session is checked with one statement", async () => {
  const { id } = await acme.identity.openSession(ann, from);
  await acme.identity.session(id);
  const statements = await db.statements(() => acme.identity.session(id));
  assert.equal(statements.length, 1);
});

test("the cookies are bound to the host, secure and out of reach of script", async () => {
  const { cookies } = await acme.identity.openSession(ann, from);
  for (const cookie of cookies)
    assert.match(cookie, /^__Host-[a-z_]+=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
});

test("ended sessions are swept away", async () => {
  clock.advance(200 * 3_600_000);
  assert.ok((await acme.identity.sweep()) > 0);
  assert.equal(await db.data.reading(db.system()).of(sessionModel).count([]), 0);
});

function archive(archived: boolean): Promise<void> {
  return db.data.writing(db.system(), (env) => env.of(usersModel).write([ann], { active: !archived }));
}

const sessionRows = sql`SELECT * FROM hf_session`;
