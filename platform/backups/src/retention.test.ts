import assert from "node:assert/strict";
import { test } from "node:test";
import { backupsToKeep, type Day, standardRetention } from "./retention.ts";

const day = (number: number): Day =>
  new Date(Date.UTC(2027, 10, 1) + number * 86_400_000).toISOString().slice(0, 10);

/** Lives through days of backups and deletions; 2028 has a leap day. */
function lived(days: number, hasFailed: (number: number) => boolean): Day[][] {
  const seen: Day[][] = [];
  let kept: Day[] = [];
  for (let number = 0; number < days; number++) {
    if (!hasFailed(number)) kept = backupsToKeep([...kept, day(number)], standardRetention);
    seen.push(kept);
  }
  return seen;
}

test("after four months there are 14 distinct backups every day of a year", () => {
  for (const [number, kept] of lived(400, () => false).entries()) {
    assert.equal(new Set(kept).size, kept.length);
    if (number >= 124) assert.equal(kept.length, 14, `day ${number}`);
    assert.deepEqual(
      kept.slice(0, 7),
      Array.from({ length: Math.min(7, number + 1) }, (_, back) => day(number - back)),
    );
  }
});

test("failed days leave no hole: no two kept ones are more than 45 days apart", () => {
  const seed = Date.now() % 1_000_000;
  const fails = (number: number) => ((number * 7919 + seed) * 104_729) % 1_000 < 250;
  for (const [number, kept] of lived(400, fails).entries()) {
    const times = kept.map((each) => Date.parse(each) / 86_400_000);
    for (const [at, time] of times.entries())
      assert.ok(at === 0 || (times[at - 1] ?? 0) - time <= 45, `seed ${seed}, day ${number}: ${kept}`);
    if (number > 200) assert.equal(kept.length, 14, `seed ${seed}, day ${number}`);
  }
});

test("choosing again among the chosen chooses the same, in whatever order they come", () => {
  const [kept = []] = lived(300, () => false).slice(-1);
  assert.deepEqual(backupsToKeep([...kept].sort(), standardRetention), kept);
});

test("nothing taken keeps nothing, and few are all kept", () => {
  assert.deepEqual(backupsToKeep([], standardRetention), []);
  assert.deepEqual(backupsToKeep([day(0), day(3)], standardRetention), [day(3), day(0)]);
});
