import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { type BackedUp, backupAgeMs, backupsDue, openAtOnce } from "./backup-schedule.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const database = (values: Partial<BackedUp> = {}): BackedUp => ({
  id: 1,
  tenantId: "a",
  createdAtMs: 0,
  lastStoredAtMs: null,
  lastTriedAtMs: null,
  isBusy: false,
  ...values,
});
const isDue = (values: Partial<BackedUp>, nowMs: number): boolean =>
  backupsDue([database(values)], nowMs).length > 0;

describe("a database is due", () => {
  test("18 to 19 hours after its last stored backup, not before", () => {
    for (const tenantId of ["a", "b", "c", "d"]) {
      assert.equal(isDue({ tenantId, lastStoredAtMs: 0 }, 18 * hourMs - 1), false);
      assert.equal(isDue({ tenantId, lastStoredAtMs: 0 }, 19 * hourMs), true);
    }
  });

  test("within 70 minutes of its making, but not in its first ten", () => {
    assert.equal(isDue({}, 10 * minuteMs - 1), false);
    assert.equal(isDue({}, 70 * minuteMs), true);
  });

  test("again half an hour after a try that stored nothing, and never while one is at work", () => {
    assert.equal(isDue({ lastTriedAtMs: 30 * hourMs }, 30 * hourMs + 29 * minuteMs), false);
    assert.equal(isDue({ lastTriedAtMs: 30 * hourMs }, 30 * hourMs + 30 * minuteMs), true);
    assert.equal(isDue({ isBusy: true }, 30 * hourMs), false);
  });

  test("before others of its urgency when it is paid for, but not before one that is near its warning", () => {
    const waiting = (id: number, hours: number, isPaid: boolean) =>
      database({ id, lastStoredAtMs: -hours * hourMs, isPaid });
    assert.deepEqual(backupsDue([waiting(0, 19.5, false), waiting(1, 19, true)], 0), [1, 0]);
    assert.deepEqual(backupsDue([waiting(0, 21.5, false), waiting(1, 19, true)], 0), [0, 1]);
  });

  test("one at a time on a busy host, unless somebody would be warned", () => {
    assert.deepEqual(
      [
        openAtOnce({ load: 3, nearWarning: false }),
        openAtOnce({ load: 3, nearWarning: true }),
        openAtOnce({ load: 0.5, nearWarning: false }),
      ],
      [1, 2, 2],
    );
  });

  test("before others that have waited less", () => {
    const waiting = [20, 30, 25].map((hours, index) => database({ id: index, createdAtMs: -hours * hourMs }));
    assert.deepEqual(backupsDue(waiting, 0), [1, 2, 0]);
  });
});

test("a week of 60 databases, two in five minutes, a fifth of the tries failing: none is ever 24 hours old", () => {
  const clock = new ManualClock(0);
  const next = lottery(7);
  let fleet = Array.from({ length: 60 }, (_, id) =>
    database({ id, tenantId: `tenant ${id}`, createdAtMs: Math.floor(next() * 24 * hourMs) }),
  );
  let [taken, mostAtOnce, oldestMs] = [0, 0, 0];
  for (; clock.now() < 7 * 24 * hourMs; clock.advance(5 * minuteMs)) {
    const now = clock.now();
    const alive = fleet.filter(({ createdAtMs }) => createdAtMs <= now);
    const due = backupsDue(alive, now);
    mostAtOnce = Math.max(mostAtOnce, due.length);
    const chosen = new Set(due.slice(0, 2));
    oldestMs = Math.max(oldestMs, ...alive.map((each) => backupAgeMs(each, now)));
    fleet = fleet.map((each) => {
      if (!chosen.has(each.id)) return each;
      taken++;
      return next() < 0.2
        ? { ...each, lastTriedAtMs: now }
        : { ...each, lastTriedAtMs: now, lastStoredAtMs: now };
    });
  }
  assert.ok(oldestMs < 24 * hourMs, `the oldest was ${oldestMs / hourMs} h old`);
  assert.ok(mostAtOnce < 20, `${mostAtOnce} were due at once`);
  assert.ok(taken > 60 * 7 && taken < 60 * 15, `${taken} backups in a week`);
});

/** A repeatable sequence: a linear congruence is random enough to place days and failures. */
function lottery(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
