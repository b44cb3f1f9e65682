import assert from "node:assert/strict";
import { test } from "node:test";
import { drawSample, type ProvenDatabase, proofsDue } from "./proof-schedule.ts";

const hour = 3_600_000;
const day = 24 * hour;

test("over a year every database is proven in its period, also when every tenth proof fails, and never twice at once", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const fleet = Array.from({ length: 60 }, (_, n) => ({
    id: n,
    tenantId: `tenant ${n}`,
    isPaid: n % 3 === 0,
    firstStoredAtMs: n * hour,
    lastProvenAtMs: null as number | null,
    lastTriedAtMs: null as number | null,
    isBusy: false,
  }));
  const worst = { paid: 0, other: 0 };
  for (let now = 0; now < 365 * day; now += hour / 2) {
    // Two an hour is what one host does.
    for (const id of proofsDue(fleet, now).slice(0, 4)) {
      const database = fleet[id];
      assert.ok(database);
      database.lastTriedAtMs = now;
      if (random() < 0.1) continue;
      const age = now - (database.lastProvenAtMs ?? database.firstStoredAtMs);
      const kind = database.isPaid ? "paid" : "other";
      worst[kind] = Math.max(worst[kind], age);
      database.lastProvenAtMs = now;
    }
  }
  assert.ok(worst.paid < day, `a paid one waited ${worst.paid / hour} h`);
  assert.ok(worst.other < 7 * day, `another one waited ${worst.other / hour} h`);
});

const base: ProvenDatabase = {
  id: 1,
  tenantId: "t",
  isPaid: true,
  firstStoredAtMs: 0,
  lastProvenAtMs: 0,
  lastTriedAtMs: null,
  isBusy: false,
};

test("nothing is due without a stored backup, while one is proven, and right after a try", () => {
  assert.deepEqual(proofsDue([base], 20 * hour), [1]);
  assert.deepEqual(proofsDue([{ ...base, firstStoredAtMs: null, lastProvenAtMs: null }], 20 * hour), []);
  assert.deepEqual(proofsDue([{ ...base, isBusy: true }], 20 * hour), []);
  assert.deepEqual(proofsDue([{ ...base, lastTriedAtMs: 19.5 * hour }], 20 * hour), []);
});

test("what the budget leaves goes to backups that were never proven, and to none that is larger", () => {
  const samples = [
    { id: 1, bytes: 10, provenAtMs: 5 },
    { id: 2, bytes: 10, provenAtMs: null },
    { id: 3, bytes: 99, provenAtMs: null },
  ];
  assert.equal(drawSample(samples, { bytes: 50 }, 0.99)?.id, 2);
  assert.equal(drawSample(samples, { bytes: 100 }, 0.99)?.id, 3);
  assert.equal(drawSample(samples.slice(0, 1), { bytes: 50 }, 0)?.id, 1);
  assert.equal(drawSample(samples, { bytes: 5 }, 0), undefined);
});
