import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { linkActor, publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { PasswordHasher } from "./hasher.ts";
import { createLink, type LinkOrder, openLink, revokeLinks, useLink, withSignedLinks } from "./links.ts";
import { linksModel } from "./models.ts";

const clock = new ManualClock(Date.UTC(2026, 10, 1));
const order: LinkOrder = {
  purpose: "test.order",
  model: "res.partner",
  recordId: 0,
  recipient: "cy@customer.example",
  lifeMinutes: 60,
  maxUses: 2,
  path: "/my/order/:token",
};
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;
let other: Tenant;
let first: number;
let second: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  acme = testTenant(db, { hasher, clock });
  other = testTenant(db, { hasher, clock, name: "other" });
  await testUser(db, { login: "ann" });
  const partner = db.registry.model("res.partner");
  [first = 0, second = 0] = await db.data.writing(db.system(), (env) =>
    env.of(partner).create([{ name: "First" }, { name: "Second" }] as never),
  );
});
after(async () => {
  await hasher.close();
  await db.close();
});

async function newToken(change: Partial<LinkOrder> = {}): Promise<string> {
  const ann = db.actor({ groups: ["base.user"] });
  const mark = await db.data.writing(ann, (env) => createLink(env, { ...order, recordId: first, ...change }));
  return tokenIn(await withSignedLinks(acme, db.data.reading(publicActor), `see ${mark} please`));
}

const tokenIn = (text: string) => /\/my\/order\/([^ ]+) please$/.exec(text)?.[1] ?? "";
const open = (token: string, purpose = "test.order", tenant = acme) =>
  openLink(tenant, db.data.reading(publicActor), purpose, token);
const dead = { code: "not_found", message: "This link is not valid, or no longer valid." };

test("a mark becomes an address of the tenant, and the token opens the record that it was made for", async () => {
  const mark = await db.data.writing(db.actor({ groups: ["base.user"] }), (env) =>
    createLink(env, { ...order, recordId: first }),
  );
  assert.doesNotMatch(mark, /https|\.[A-Za-z0-9_-]{43}/);
  const text = await withSignedLinks(acme, db.data.reading(publicActor), mark);
  assert.match(text, /^https:\/\/acme\.localhost\/my\/order\/\d+\.[A-Za-z0-9_-]{43}$/);
  const link = await open(text.split("/").at(-1) ?? "");
  assert.equal(link.recordId, first);
  assert.equal(link.recipient, "cy@customer.example");
});

test("who may not read the record cannot make a link to it", async () => {
  await assert.rejects(
    db.data.writing(db.actor({ groups: ["base.portal"] }), (env) =>
      createLink(env, { ...order, recordId: first }),
    ),
  );
  await assert.rejects(
    db.data.writing(db.actor({ groups: ["base.user"] }), (env) =>
      createLink(env, { ...order, recordId: 999_999 }),
    ),
    { code: "not_found" },
  );
});

test("a token changed at any place is refused", async () => {
  const token = await newToken();
  await open(token);
  for (let at = 0; at < token.length; at++) {
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    await assert.rejects(open(changed), dead, changed);
  }
  for (const changed of [
    "",
    ".",
    token.slice(0, -1),
    `${token}A`,
    ` ${token}`,
    `0${token}`,
    token.replace(".", ""),
    "99999999999.".padEnd(55, "A"),
  ])
    await assert.rejects(open(changed), dead, changed);
});

test("the last character cannot be written in another way", async () => {
  const token = await newToken();
  const last = token.at(-1) ?? "";
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const c of alphabet) if (c !== last) await assert.rejects(open(token.slice(0, -1) + c), dead);
});

test("the signature of one link does not open another", async () => {
  const [a, b] = [await newToken(), await newToken({ recordId: second })];
  const [idA, macA] = a.split(".");
  const [idB, macB] = b.split(".");
  await assert.rejects(open(`${idA}.${macB}`), dead);
  await assert.rejects(open(`${idB}.${macA}`), dead);
});

test("a link is of one purpose and of one tenant", async () => {
  const token = await newToken();
  await assert.rejects(open(token, "password.reset"), dead);
  await assert.rejects(open(token, "test.order", other), dead);
});

test("a row changed in the database no longer fits its signature", async () => {
  const changes: readonly object[] = [
    { res_id: second },
    { res_model: "res.users" },
    { recipient: "eve@evil.example" },
    { expires_at: Temporal.Instant.fromEpochMilliseconds(clock.now()).add({ hours: 999 }) },
    { nonce: "AAAAAAAAAAAAAAAAAAAAAAAA" },
  ];
  for (const change of changes) {
    const token = await newToken();
    await db.data.writing(db.system(), (env) =>
      env.of(linksModel).write([Number(token.split(".")[0])], change),
    );
    await assert.rejects(open(token), dead, JSON.stringify(change));
  }
});

test("an expired, a revoked and a used-up link are dead alike", async () => {
  const token = await newToken();
  const link = await open(token);
  await db.data.writing(publicActor, (env) => useLink(env, link));
  await open(token);
  await db.data.writing(publicActor, (env) => useLink(env, link));
  await assert.rejects(open(token), dead);
  const revoked = await newToken();
  await db.data.writing(publicActor, (env) => revokeLinks(env, "test.order", "res.partner", [first]));
  await assert.rejects(open(revoked), dead);
  const expired = await newToken();
  clock.advance(60 * 60_000);
  await assert.rejects(open(expired), dead);
});

test("of two uses of a single-use link at once, one succeeds", async () => {
  const link = await open(await newToken({ maxUses: 1 }));
  const uses = await Promise.allSettled(
    Array.from({ length: 6 }, () => db.data.writing(publicActor, (env) => useLink(env, link))),
  );
  assert.equal(uses.filter((use) => use.status === "fulfilled").length, 1);
});

test("looking does not use a link up", async () => {
  const token = await newToken({ maxUses: 1 });
  for (let n = 0; n < 5; n++) await open(token);
});

test("the holder reads the one record, and nothing else", async () => {
  const env = db.data.reading(linkActor("test.order", first));
  const partners = env.model("res.partner");
  assert.deepEqual(await partners.search([]), [first]);
  await assert.rejects(partners.read([second], ["name"] as never), { code: "not_found" });
  await assert.rejects(
    db.data.writing(linkActor("test.order", first), (writing) =>
      writing.model("res.partner").write([first], { name: "x" } as never),
    ),
  );
  await assert.rejects(env.model("res.users").search([]), { code: "access_denied" });
});

test("a mark of an unknown link leaves no address, and other brackets stay", async () => {
  const text = await withSignedLinks(
    acme,
    db.data.reading(publicActor),
    `a [[hf-link:999999:${"n".repeat(24)}:/my/order/:token]] b [[x]] c`,
  );
  assert.equal(text, "a  b [[x]] c");
});

test("a mark that somebody wrote into a mail, guessing the number of another's link, gets no address", async () => {
  const id = (await newToken()).split(".")[0];
  for (const forged of [
    `[[hf-link:${id}:/my/order/:token]]`,
    `[[hf-link:${id}::/my/order/:token]]`,
    `[[hf-link:${id}:${"A".repeat(24)}:/my/order/:token]]`,
  ]) {
    const text = await withSignedLinks(acme, db.data.reading(publicActor), `Dear ${forged}, hello`);
    assert.doesNotMatch(text, /https:|[A-Za-z0-9_-]{43}/);
  }
});
