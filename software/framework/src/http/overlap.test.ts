import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { publicActor } from "../access/actor.ts";
import { type PasswordHasher, passwordHasher } from "../identity/hasher.ts";
import { apiKeysModel, usersModel } from "../identity/models.ts";
import { sql } from "../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { Caller } from "./caller.ts";
import { callerOf } from "./caller.ts";
import { overlapped } from "./overlap.ts";
import type { Route, Tenant } from "./route.ts";
import { whileStanding } from "./while-standing.ts";

let db: TestDatabase;
let hasher: PasswordHasher;
let tenant: Tenant;
let userId: number;
let id: string;
let guess: Caller;
const route = { who: "anyone" } as Route;
const credential = () => ({ kind: "session", id, fromBrowser: false }) as const;
const check = (at: Tenant) => callerOf(at, route, credential());
let serial = 0;

before(async () => {
  db = await testDatabase([identityApp]);
  hasher = passwordHasher();
  tenant = testTenant(db, { hasher });
});
after(async () => {
  await hasher.close();
  await db.close();
});
beforeEach(async () => {
  userId = await testUser(db, { login: `user${++serial}` });
  ({ id } = await tenant.identity.openSession(userId, { source: "127.0.0.1", userAgent: "test" }));
  guess = await check(tenant);
});

const change = (values: object) =>
  db.data.writing(db.system(), (env) => env.of(usersModel).write([userId], values as never));
const namesSeen = (at: Tenant, caller: Caller) =>
  at.data
    .reading(caller.actor)
    .of(usersModel)
    .searchRead([["id", "=", userId]], ["name"]);

test("the check and the first statement go out in one write, and the answer is that of the actor", async () => {
  const sent = await db.statements(async () => {
    const { result, caller } = await overlapped(tenant, { guess, check }, namesSeen);
    assert.equal(result[0]?.name, `user${serial}`);
    assert.equal(caller.actor.userId, userId);
  });
  assert.equal(sent.length, 2);
  assert.match(sent[0] ?? "", /hf_session/);
});

test("a session that is over hands out nothing that was read for it", async () => {
  await tenant.identity.endSession(guess.sessionKey);
  const handed: unknown[] = [];
  const { caller } = await overlapped(tenant, { guess, check }, async (at, who) => {
    if (who.actor.kind !== "user") return;
    handed.push(await namesSeen(at, who));
  });
  assert.equal(caller.actor.kind, "public");
  assert.deepEqual(handed, []);
});

test("an archived user, and one who lost a group, are answered as what they are now", async () => {
  const seen: string[][] = [];
  const work = async (at: Tenant, who: Caller) => {
    await at.data.reading(publicActor).system("test", (env) => env.of(usersModel).count([], { limit: 1 }));
    seen.push([who.actor.kind, ...who.actor.groups]);
  };
  await overlapped(tenant, { guess, check }, work);
  await change({ groups_id: [[5]] });
  await overlapped(tenant, { guess, check }, work);
  await change({ active: false });
  await overlapped(tenant, { guess, check }, work);
  assert.deepEqual(seen, [["user", "base.user"], ["user"], ["public", "base.public"]]);
});

test("no change begins for somebody who is not any more who they were", async () => {
  const write = (at: Tenant, who: Caller) =>
    at.data.writing(who.actor, (env) =>
      env.system("test", (system) => system.of(usersModel).write([userId], { name: `as ${who.actor.kind}` })),
    );
  await overlapped(tenant, { guess, check }, write);
  assert.equal((await namesSeen(tenant, guess))[0]?.name, "as user");
  await tenant.identity.endSession(guess.sessionKey);
  await overlapped(tenant, { guess, check }, write);
  const env = db.data.reading(db.system());
  const [row] = await env.of(usersModel).searchRead([["id", "=", userId]], ["name"]);
  assert.equal(row?.name, "as public");
});

test("what a handler swallowed for the old caller is not its answer for the new one", async () => {
  await change({ lang: "de" });
  const { result } = await overlapped(tenant, { guess, check }, async (at, who) => {
    try {
      await namesSeen(at, who);
      return who.actor.language;
    } catch {
      return "swallowed";
    }
  });
  assert.equal(result, "de");
});

test("a failure of the statement is the caller's own only when the check confirms them", async () => {
  const failing = async (at: Tenant, who: Caller) => {
    if (who.actor.kind === "public") return "refused";
    await at.data.reading(who.actor).of(usersModel).read([99_999], ["name"]);
    return "read";
  };
  await assert.rejects(overlapped(tenant, { guess, check }, failing), { code: "not_found" });
  await tenant.identity.endSession(guess.sessionKey);
  assert.equal((await overlapped(tenant, { guess, check }, failing)).result, "refused");
});

test("a check that fails ends the request with its own failure", async () => {
  const broken = async () => {
    throw new RangeError("no database");
  };
  const unsure = { ...guess, rests: undefined };
  await assert.rejects(overlapped(tenant, { guess: unsure, check: broken }, namesSeen), RangeError);
});

test("an API key is checked with the call's first statement: a revoked one, or another, hands out nothing", async () => {
  const key = await tenant.identity.createApiKey(userId, "one");
  const byKey = (at: Tenant) => callerOf(at, route, { kind: "key", key });
  const holder = await byKey(tenant);
  let answer: unknown;
  const sent = await db.statements(async () => {
    answer = (await overlapped(tenant, { guess: holder, check: byKey }, namesSeen)).result[0]?.name;
  });
  assert.equal(answer, `user${serial}`);
  assert.equal(sent.length, 2);
  assert.match(sent[0] ?? "", /res_users_apikeys/);
  // Of another key of the same user: the work runs again for the one that is shown.
  const seen: (number | undefined)[] = [];
  const other = { ...holder, keyId: (holder.keyId ?? 0) + 1 };
  await overlapped(tenant, { guess: other, check: byKey }, async (_at, who) => void seen.push(who.keyId));
  assert.deepEqual(seen, [other.keyId, holder.keyId]);
  await db.data.writing(db.system(), (env) =>
    env.of(apiKeysModel).write([holder.keyId as number], { revoked: true }),
  );
  const handed: unknown[] = [];
  await assert.rejects(
    overlapped(tenant, { guess: holder, check: byKey }, async (at, who) =>
      handed.push(await namesSeen(at, who)),
    ),
    { code: "unauthenticated" },
  );
  assert.deepEqual(handed, []);
});

const partnerNames = async () => {
  const rows = await db.data.reading(db.system()).model("res.partner").searchRead([], ["name"]);
  return rows.map((row) => row["name"]);
};
const newPartner = (name: string) => (at: Tenant, who: Caller) =>
  at.data.writing(who.actor, (env) => env.model("res.partner").create([{ name }]), { oneVerb: true });

test("a change that is one statement goes out in one write with what its caller rests on, and is one transaction", async () => {
  let ids: number[] = [];
  const sent = await db.statements(async () => {
    ids = (await overlapped(tenant, { guess, check }, newPartner("At once"))).result;
  });
  assert.deepEqual(
    sent.map((text) => /hf_session|INSERT INTO "res_partner"/.exec(text)?.[0]),
    ["hf_session", 'INSERT INTO "res_partner"'],
  );
  const rename = (at: Tenant, who: Caller) =>
    at.data.writing(who.actor, (env) => env.model("res.partner").write(ids, { name: "Renamed at once" }), {
      oneVerb: true,
    });
  assert.equal((await db.statements(() => overlapped(tenant, { guess, check }, rename))).length, 2);
  assert.ok((await partnerNames()).includes("Renamed at once"));
});

/** What happens to a caller's right in the moment before their change goes out. */
const endings: Readonly<Record<string, () => Promise<unknown>>> = {
  "the session is ended": () => tenant.identity.endSession(guess.sessionKey),
  "the user is archived": () => change({ active: false }),
  "the user loses the group": () => change({ groups_id: [[5]] }),
};
for (const [ending, happens] of Object.entries(endings))
  test(`when ${ending} in the moment before a change of one statement, nothing is changed`, async () => {
    const seen: string[] = [];
    const late = async (at: Tenant, who: Caller) => {
      seen.push(who.actor.kind);
      if (seen.length === 1) await happens();
      return newPartner(`late, ${ending}`)(at, who);
    };
    const outcome = overlapped(tenant, { guess, check }, late);
    await assert.rejects(outcome, { code: "access_denied" });
    // It was done again for whom they are now, and refused to these.
    assert.equal(seen.length, 2);
    assert.ok(!(await partnerNames()).includes(`late, ${ending}`));
  });

for (const [ending, happens] of Object.entries(endings))
  test(`when ${ending} before a change whose caller is found out anew beside it, nothing is changed`, async () => {
    const stale = { ...guess, rests: undefined };
    await happens();
    let tries = 0;
    const outcome = overlapped(tenant, { guess: stale, check }, (at, who) =>
      newPartner(`beside, ${ending}, ${++tries}`)(at, who),
    );
    await assert.rejects(outcome, { code: "access_denied" });
    assert.equal(tries, 2);
    assert.deepEqual(
      (await partnerNames()).filter((name) => String(name).startsWith(`beside, ${ending}`)),
      [],
    );
  });

test("what a caller rests on is asked also where nothing else is, and before a second statement only once", async () => {
  const nothing = async (_at: Tenant, who: Caller) => who.actor.kind;
  const sent = await db.statements(async () => {
    assert.equal((await overlapped(tenant, { guess, check }, nothing)).result, "user");
  });
  assert.equal(sent.length, 1);
  const twice = async (at: Tenant, who: Caller) => {
    await namesSeen(at, who);
    await newPartner("After reading")(at, who);
    return namesSeen(at, who);
  };
  const asked = await db.statements(() => overlapped(tenant, { guess, check }, twice));
  assert.equal(asked.filter((text) => text.includes("hf_session")).length, 1);
  await tenant.identity.endSession(guess.sessionKey);
  assert.equal((await overlapped(tenant, { guess, check }, nothing)).result, "public");
});

test("a session that has been idle too long is found out by its clock, though its row is the same", async () => {
  const late = { ...guess, rests: guess.rests && { ...guess.rests, fresh: () => false } };
  let checked = 0;
  const counting = (at: Tenant) => {
    checked += 1;
    return check(at);
  };
  await overlapped(tenant, { guess, check: counting }, namesSeen);
  assert.equal(checked, 0);
  await overlapped(tenant, { guess: late, check: counting }, namesSeen);
  assert.equal(checked, 1);
});

/** Holds a partner's row, as a transaction under way does, until `release` is called. */
async function rowHeld(partner: number) {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = db.database.transaction(async (open) => {
    await open.rows(sql`SELECT id FROM res_partner WHERE id = ${partner} FOR UPDATE`);
    begun.resolve();
    await over.promise;
  });
  await begun.promise;
  return {
    release: () => {
      over.resolve();
      return held;
    },
  };
}

async function somebodyWaits(): Promise<void> {
  const waiting = sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await db.database.tuples(waiting)).length === 0);
}

/** When everything that wanted the row has had it. */
async function nameOf(partner: number): Promise<unknown> {
  const rows = await db.database.transaction((open) =>
    open.tuples(sql`SELECT name FROM res_partner WHERE id = ${partner} FOR UPDATE`),
  );
  return rows[0]?.[0];
}

const renamed = (partner: number, name: string) => (at: Tenant, who: Caller) =>
  at.data.writing(who.actor, (env) => env.model("res.partner").write([partner], { name }), { oneVerb: true });

test("a change of one statement that waits for a row is not done for a session that ends meanwhile", async () => {
  const [partner] = (await overlapped(tenant, { guess, check }, newPartner("Held"))).result as [number];
  const { release } = await rowHeld(partner);
  const outcome = overlapped(tenant, { guess, check }, (at, asked) => {
    const watched = tenant.identity.watch(asked);
    const who = { ...asked, actor: { ...asked.actor, standing: watched.signal } };
    return whileStanding(watched, () => renamed(partner, "too late")(at, who) as never);
  });
  const refused = assert.rejects(outcome);
  await somebodyWaits();
  await tenant.identity.endSession(guess.sessionKey);
  await refused;
  await release();
  assert.equal(await nameOf(partner), "Held");
});

/** Whether somebody waits for a row inside a transaction: a statement that is one by itself raises errors on purpose. */
async function waitsInTransaction(): Promise<boolean> {
  const waiting = sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query NOT LIKE ${"%1 / CASE%"}`;
  return (await db.database.tuples(waiting)).length > 0;
}

/** Far more than the 200 ms that are granted, half of what a transaction waits for a lock. */
const soonMilliseconds = 5_000;

test("a change of one statement soon stops waiting for a row, and goes on in a transaction, which can be stopped", async () => {
  const [partner] = (await overlapped(tenant, { guess, check }, newPartner("Held"))).result as [number];
  const { release } = await rowHeld(partner);
  const outcome = overlapped(tenant, { guess, check }, renamed(partner, "in a transaction"));
  await somebodyWaits();
  const beganMs = performance.now();
  while (!(await waitsInTransaction()))
    if (performance.now() - beganMs > soonMilliseconds) {
      await release();
      assert.fail("nothing can stop it, and it still waits");
    }
  await release();
  await outcome;
  assert.equal(await nameOf(partner), "in a transaction");
});

test("whether a caller is who they were is not said before a change that asks it too is done or not", async () => {
  const [partner] = (await overlapped(tenant, { guess, check }, newPartner("Held"))).result as [number];
  const { release } = await rowHeld(partner);
  assert.ok(guess.rests);
  const { data, stands } = tenant.data.provided(guess.rests.on);
  const change = renamed(partner, "in time")({ ...tenant, data }, guess).catch(() => undefined);
  await somebodyWaits();
  await tenant.identity.endSession(guess.sessionKey);
  const [stood] = await Promise.all([stands(), release(), change]);
  assert.equal(await nameOf(partner), stood ? "in time" : "Held");
});

test("a change of one statement waits shortly, and leaves no such setting behind on its connection", async () => {
  await newPartner("Ungated")(tenant, { ...guess, rests: undefined });
  await overlapped(tenant, { guess, check }, newPartner("Gated"));
  const limits = await Promise.all(
    Array.from({ length: 4 }, () =>
      db.database.tuples(sql`SELECT current_setting('lock_timeout') FROM pg_sleep(0.05)`),
    ),
  );
  assert.deepEqual(new Set(limits.map((rows) => rows[0]?.[0])), new Set(["10s"]));
  assert.ok((await partnerNames()).includes("Ungated"));
});
