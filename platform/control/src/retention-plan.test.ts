import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { standardRetention } from "@holdfast/backups/retention";
import { backupsToRetire, type RetainedBackup } from "./retention-plan.ts";

const dayMs = 86_400_000;
const nowMs = Date.parse("2026-11-22T12:00:00Z");
const backup = (daysAgo: number, values: Partial<RetainedBackup> = {}): RetainedBackup => ({
  id: daysAgo * 10,
  takenAtMs: nowMs - daysAgo * dayMs,
  state: "stored",
  isProven: true,
  ...values,
});
const retired = (backups: readonly RetainedBackup[]) =>
  backupsToRetire(backups, { policy: standardRetention, nowMs });
const days = (count: number) => Array.from({ length: count }, (_, index) => backup(index));

describe("retention", () => {
  test("keeps 14 of 100 days, and deletes the oldest first", () => {
    const gone = retired(days(100));
    assert.equal(gone.length, 86);
    assert.deepEqual(
      gone,
      [...gone].sort((one, other) => other - one),
    );
  });

  test("deletes nothing that is not older than a proven backup", () => {
    const unproven = days(30).map((each) => ({ ...each, isProven: false }));
    assert.deepEqual(retired(unproven), []);
    const oneProven = unproven.map((each) => ({ ...each, isProven: each.id === 200 }));
    assert.ok(retired(oneProven).every((id) => id > 200) && retired(oneProven).length > 0);
  });

  test("keeps everything of the last week, what people took by hand too", () => {
    const byHand = [backup(2, { id: 21 }), backup(2, { id: 22 }), backup(6, { id: 61 })];
    assert.deepEqual(retired([...days(7), ...byHand]), []);
    assert.deepEqual(
      retired([...days(12), backup(10, { id: 101, takenAtMs: nowMs - 10 * dayMs - 1 })]).includes(101),
      true,
    );
  });

  test("a day with a partial backup alone leaves no hole; a damaged one fills none", () => {
    const partial = days(100).map((each) => ({ ...each, state: "partial" as const }));
    assert.equal(retired(partial).length, 86);
    const damaged = days(100).map((each) => (each.id > 500 ? { ...each, state: "damaged" as const } : each));
    assert.ok(
      damaged.filter(({ state }) => state === "damaged").every(({ id }) => retired(damaged).includes(id)),
    );
    const mended = [...days(20), backup(15, { id: 7, state: "partial", takenAtMs: nowMs - 15 * dayMs + 5 })];
    assert.ok(retired(mended).includes(7));
  });

  test("chooses the same again after a part of it was deleted", () => {
    const all = days(60);
    const chosen = retired(all);
    const half = new Set(chosen.slice(0, 10));
    assert.deepEqual(retired(all.filter(({ id }) => !half.has(id))), chosen.slice(10));
  });
});
