import assert from "node:assert/strict";
import { test } from "node:test";
import { backupsToKeep, type Day, standardRetention } from "./retention.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
// biome-ignore lint/style/noProcessEnv: the size of a test is chosen from outside it
const lives = process.env["HOLDFAST_DEEP"] === undefined ? 40 : 1_000;
const days = 400;

/** Mulberry32: repeatable; the seed is in every message. */
function lottery(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Life {
  readonly what: string;
  /** Share of days that store nothing. */
  readonly failing: number;
  /** What the machine's clock says more than the true time, on a day. */
  skewMs(day: number, next: () => number): number;
  /** Days between proofs; what is not older than the newest proof is never deleted. */
  readonly provenEvery: number;
  /** Share of backups that somebody puts a legal hold on. */
  readonly held: number;
}

const clocks = {
  true: () => 0,
  /** Local time mistaken for UTC: an hour more in summer. */
  "daylight saving": (day: number) => (day % 365 > 85 && day % 365 < 300 ? hourMs : 0),
  /** Set back or forward by up to a day, on one day in twenty. */
  jumping: (_day: number, next: () => number) => (next() < 0.05 ? (next() - 0.5) * 2 * dayMs : 0),
};

/** One database's backups over 400 days from a day in 2027 or 2028, which has a leap day. */
function live(life: Life, seed: number) {
  const next = lottery(seed);
  const start = Date.UTC(2027, 0, 1) + Math.floor(next() * 500) * dayMs;
  const ever = new Set<Day>();
  const holds = new Set<Day>();
  let there: Day[] = [];
  let provenUpTo = "";
  const daily: {
    readonly day: number;
    readonly kept: readonly Day[];
    readonly there: readonly Day[];
    readonly takenSoFar: number;
  }[] = [];
  for (let day = 0; day < days; day++) {
    // 18 to 19 hours after the last one: now and then two fall on one day, which is one backup of that day.
    const at = start + day * dayMs + next() * hourMs + life.skewMs(day, next);
    const taken = new Date(at).toISOString().slice(0, 10);
    if (next() >= life.failing) {
      ever.add(taken);
      there = [...new Set([...there, taken])];
      if (next() < life.held) holds.add(taken);
    }
    if (day % life.provenEvery === 0) provenUpTo = [...there].sort().at(-1) ?? "";
    const kept = backupsToKeep(there, standardRetention);
    there = there.filter((each) => kept.includes(each) || each >= provenUpTo || holds.has(each));
    daily.push({ day, kept, there, takenSoFar: ever.size });
  }
  return { daily, ever, holds };
}

const cases: readonly Life[] = Object.entries(clocks).flatMap(([clock, skewMs]) =>
  [0, 0.1, 0.3].map((failing) => ({
    what: `${clock} clock, ${failing * 100} % of days failing`,
    failing,
    skewMs,
    provenEvery: 7,
    held: 0.01,
  })),
);

for (const life of cases)
  test(`400 days of one database, ${life.what}: the slots are full, distinct and without holes`, () => {
    for (let turn = 0; turn < lives; turn++) {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const { daily, ever, holds } = live(life, seed);
      for (const { day, kept, there, takenSoFar } of daily) {
        const where = `seed ${seed}, day ${day}: ${kept.join(" ")}`;
        assert.equal(new Set(kept).size, kept.length, where);
        assert.ok(
          kept.every((each) => ever.has(each) && there.includes(each)),
          where,
        );
        assert.ok(kept.length <= 14, where);
        assert.deepEqual(kept.slice(0, 7), there.toSorted().reverse().slice(0, 7), where);
        assert.ok(kept.length >= Math.min(7, takenSoFar), where);
      }
      for (const hold of holds)
        assert.ok(daily.at(-1)?.there.includes(hold), `seed ${seed}: ${hold} is held`);
      settled(daily, life, seed);
    }
  });

/** Once there was time for it, all 14 are there, they reach back into three months, and nothing is far apart. */
function settled(daily: ReturnType<typeof live>["daily"], life: Life, seed: number): void {
  for (const { day, kept } of daily.filter(({ day: each }) => each >= 200)) {
    const where = `${life.what}, seed ${seed}, day ${day}: ${kept.join(" ")}`;
    assert.equal(kept.length, 14, where);
    const times = kept.map((each) => Date.parse(each) / dayMs);
    const [newest = 0, oldest = 0] = [times[0], times.at(-1)];
    assert.ok(newest - oldest >= 50, `reaches back ${newest - oldest} days, ${where}`);
    const gaps = times.slice(1).map((time, at) => (times[at] ?? 0) - time);
    assert.ok(Math.max(...gaps) <= 62, `a gap of ${Math.max(...gaps)} days, ${where}`);
  }
}
