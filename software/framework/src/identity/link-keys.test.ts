import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { PasswordHasher } from "./hasher.ts";
import { currentLinkKey, rotateLinkKey } from "./link-keys.ts";
import { createLink, openLink, useLink, withSignedLinks } from "./links.ts";
import { linksModel } from "./models.ts";
import { securityLogModel } from "./security-log-model.ts";

const clock = new ManualClock(Date.UTC(2026, 10, 1));
const hourMs = 3_600_000;
const dead = { code: "not_found", message: "This link is not valid, or no longer valid." };
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;
let partner: number;

before(async () => {
  db = await testDatabase([identityApp], { clock });
  hasher = quickHasher();
  acme = testTenant(db, { hasher, clock });
  [partner = 0] = await db.data.writing(db.system(), (env) =>
    env.model("res.partner").create([{ name: "First" }] as never),
  );
});
after(async () => {
  await hasher.close();
  await db.close();
});

async function newToken(): Promise<string> {
  const mark = await db.data.writing(db.actor({ groups: ["base.user"] }), (env) =>
    createLink(env, {
      purpose: "test.order",
      model: "res.partner",
      recordId: partner,
      recipient: "cy@customer.example",
      lifeMinutes: 60 * 24 * 30,
      maxUses: 0,
      path: "/my/order/:token",
    }),
  );
  const text = await withSignedLinks(acme, db.data.reading(publicActor), mark);
  return text.split("/").at(-1) ?? "";
}

const open = (token: string) => openLink(acme, db.data.reading(publicActor), "test.order", token);
const rotate = (hours: number) => db.data.writing(db.system(), (env) => rotateLinkKey(env, hours));

test("after a change of the key older links work until the overlap is over, and new ones go on", async () => {
  const older = await newToken();
  const version = await rotate(2);
  const newer = await newToken();
  assert.match(newer, new RegExp(`^\\d+\\.${version}\\.[\\w-]{43}$`));
  await open(older);
  await open(newer);
  clock.advance(2 * hourMs - 1);
  await open(older);
  clock.advance(1);
  await assert.rejects(open(older), dead);
  await open(newer);
});

test("without an overlap every older link is dead at the next request, also one that was opened before", async () => {
  const older = await newToken();
  await rotate(48);
  const between = await newToken();
  const opened = await open(older);
  await rotate(0);
  await assert.rejects(open(older), dead);
  await assert.rejects(open(between), dead);
  await assert.rejects(
    db.data.writing(publicActor, (env) => useLink(env, opened)),
    dead,
  );
  await open(await newToken());
});

test("a later change never prolongs the overlap of an earlier one", async () => {
  const older = await newToken();
  await rotate(1);
  await rotate(500);
  clock.advance(hourMs);
  await assert.rejects(open(older), dead);
});

test("a former version's signature opens nothing under another version, nor does a version never given out", async () => {
  const older = await newToken();
  const version = await rotate(100);
  const newer = await newToken();
  const [olderId, olderVersion, olderMac] = older.split(".");
  const [newerId, , newerMac] = newer.split(".");
  for (const forged of [
    `${olderId}.${version}.${olderMac}`,
    `${olderId}.${olderMac}`,
    `${newerId}.${olderVersion}.${newerMac}`,
    `${newerId}.${newerMac}`,
    `${newerId}.1.${newerMac}`,
    `${newerId}.0${version}.${newerMac}`,
    `${newerId}.${version + 1}.${newerMac}`,
    `${olderId}.${version}.${newerMac}`,
  ])
    await assert.rejects(open(forged), dead, forged);
  await open(older);
  await open(newer);
});

test("who knows a former key signs nothing for a newer link", async () => {
  const former = await currentLinkKey(db.data.reading(publicActor));
  const version = await rotate(100);
  const newer = await newToken();
  const id = Number(newer.split(".")[0]);
  const [row] = await db.data
    .reading(db.system())
    .of(linksModel)
    .read([id], ["purpose", "res_model", "res_id", "recipient", "expires_at", "nonce"]);
  assert.ok(row);
  const said = [acme.id, id, row.purpose, row.res_model, row.res_id, row.recipient];
  const signed = (number: number) => {
    const mac = createHmac("sha256", acme.key(`links.v${number}`));
    for (const part of [...said, row.expires_at.epochMilliseconds, row.nonce].map(String))
      mac.update(`${Buffer.byteLength(part)}:${part};`);
    return mac.digest("base64url");
  };
  assert.equal(`${id}.${version}.${signed(version)}`, newer);
  for (const named of [former, version]) await assert.rejects(open(`${id}.${named}.${signed(former)}`), dead);
});

test("a row whose version was changed in the database no longer fits its token", async () => {
  const token = await newToken();
  const [id, version, mac] = token.split(".");
  await db.data.writing(db.system(), (env) =>
    env.of(linksModel).write([Number(id)], { key_version: Number(version) + 1 }),
  );
  await assert.rejects(open(token), dead);
  await assert.rejects(open(`${id}.${Number(version) + 1}.${mac}`), dead);
});

test("a change that was refused changes nothing, and each that was done is logged", async () => {
  const reading = db.data.reading(db.system());
  const count = () => reading.of(securityLogModel).count([["event", "=", "links_rotated"]]);
  const [version, lines] = [await currentLinkKey(reading), await count()];
  for (const hours of [-1, 0.5, 8_785, Number.NaN]) await assert.rejects(rotate(hours), { code: "invalid" });
  assert.equal(await currentLinkKey(reading), version);
  assert.equal(await rotate(24), version + 1);
  assert.equal(await count(), lines + 1);
});

test("of two changes at once each that succeeds has a version of its own", async () => {
  const version = await currentLinkKey(db.data.reading(publicActor));
  const done = await Promise.allSettled([rotate(0), rotate(0), rotate(0)]);
  const given = done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  assert.ok(given.length >= 1);
  assert.equal(new Set(given).size, given.length);
  assert.equal(await currentLinkKey(db.data.reading(publicActor)), version + given.length);
});
