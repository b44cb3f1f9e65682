import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { dispatch } from "../remote/dispatch.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import { createIdentity } from "./create-identity.ts";
import type { PasswordHasher } from "./hasher.ts";
import type { Identity } from "./identity.ts";
import { throttleModel } from "./models.ts";
import { policyModel } from "./policy-model.ts";
import { securityLogModel } from "./security-log-model.ts";
import { takeTry } from "./throttle.ts";

const password = "quiet lantern over moss";
const clock = new ManualClock(Date.UTC(2026, 10, 1));
const heldUp: number[] = [];
let db: TestDatabase;
let hasher: PasswordHasher;
let identity: Identity;
let ann: number;
let policy: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  identity = identityWith(hasher);
  ann = await testUser(db, { login: "ann", password });
  const [id] = await db.data.writing(db.system(), (env) =>
    env.of(policyModel).create([{ max_failures: 2, max_account_failures: 4 }]),
  );
  policy = id as number;
});
after(async () => {
  await hasher.close();
  await db.close();
});
beforeEach(() => {
  clock.advance(24 * 3_600_000);
  heldUp.length = 0;
});

function identityWith(by: PasswordHasher): Identity {
  return createIdentity({
    data: db.data,
    tenantName: "acme",
    key: (purpose) => Buffer.alloc(32, purpose),
    hasher: by,
    holdUp: async (milliseconds) => void heldUp.push(milliseconds),
    clock,
    random: systemRandom,
    log: silentLog,
  });
}

const tryFrom = (n: number, secret: string) =>
  identity.authenticate({ login: "ann", secret, source: `192.0.2.${n}` });

test("one account tried from many addresses is held up a little longer each time, and never locked", async () => {
  for (let n = 1; n <= 60; n++) assert.equal(await tryFrom(n, `guess ${n}`), null);
  assert.deepEqual(heldUp.slice(0, 9), [0, 0, 0, 500, 500, 500, 500, 1_000, 1_000]);
  assert.equal(Math.max(...heldUp), 5_000);
  assert.equal(await tryFrom(200, password), ann, "the owner, on an unknown device, waits and gets in");
});

test("a flood on one account from many addresses at once turns no try away, and the owner neither", async () => {
  const key = Buffer.alloc(32, 9);
  const times = { windowMinutes: 15, cooldownMinutes: 5 };
  const flood = Array.from({ length: 60 }, (_, n) => {
    const counted = [
      { subject: `flooded from 198.51.100.${n}`, shown: "one", most: 10 },
      { subject: "flooded from anywhere", shown: "all", most: 50, softly: true as const },
    ];
    return takeTry(db.data, counted, { attempt: `guess ${n}`, key, ...times });
  });
  const outcomes = await Promise.allSettled(flood);
  assert.deepEqual(
    outcomes.filter(({ status }) => status === "rejected"),
    [],
  );
  const rows = await db.data
    .reading(db.system())
    .of(throttleModel)
    .searchRead([["subject", "=", "all"]], ["failures"]);
  assert.ok((rows[0]?.failures ?? 0) >= 10, `the account's count follows: ${rows[0]?.failures}`);
});

test("a block is logged once, can be read, and is lifted by an administrator alone; that is logged too", async () => {
  for (const wrong of ["one", "two"]) await tryFrom(7, wrong);
  await assert.rejects(tryFrom(7, password), { code: "too_many" });
  const env = db.data.reading(db.system());
  const [block] = await env
    .of(throttleModel)
    .searchRead(
      [["blocked_until", ">", Temporal.Instant.fromEpochMilliseconds(clock.now()).toString()]],
      ["subject"],
    );
  assert.equal(block?.subject, "ann from 192.0.2.7");
  const lift = (groups: readonly string[]) =>
    dispatch(db.data, db.actor({ groups, userId: ann }), {
      model: "hf.login.throttle",
      method: "action_lift",
      args: [[block?.id ?? 0]],
      kwargs: {},
    });
  await assert.rejects(lift(["base.user"]), { name: "ExpectedError" });
  await assert.rejects(tryFrom(7, password), { code: "too_many" });
  await lift(["base.admin"]);
  assert.equal(await tryFrom(7, password), ann);
  const events = await env.of(securityLogModel).searchRead([["detail", "like", "192.0.2.7"]], ["event"], {
    order: "id",
  });
  assert.deepEqual(
    events.map((row) => row.event),
    ["throttled", "block_lifted"],
  );
});

test("0 failures switches the count of account and address off, and no other", async () => {
  const set = (values: object) =>
    db.data.writing(db.system(), (env) => env.of(policyModel).write([policy], values));
  await set({ max_failures: 0, max_source_failures: 5 });
  for (let n = 0; n < 5; n++) assert.equal(await tryFrom(9, `wrong ${n}`), null);
  await assert.rejects(tryFrom(9, password), { code: "too_many" });
  await set({ max_failures: 2, max_source_failures: 100 });
});

test("the rounds of the policy rise and never fall", async () => {
  const set = (pbkdf2_rounds: number) =>
    db.data.writing(db.system(), (env) => env.of(policyModel).write([policy], { pbkdf2_rounds }));
  await set(660_000);
  await assert.rejects(set(630_000), { code: "invalid" });
  await assert.rejects(set(599_999), { code: "invalid" });
  await set(720_000);
});

test("a try that finds the hashing full is no try", async () => {
  const full = new ExpectedError("too_many", "Too many people are signing in at this moment.");
  const busy = identityWith({ ...hasher, verify: () => Promise.reject(full) });
  for (let n = 0; n < 5; n++)
    await assert.rejects(
      busy.authenticate({ login: "ann", secret: `guess ${n}`, source: "192.0.2.88" }),
      full,
    );
  assert.equal(await tryFrom(88, password), ann);
});
