import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { openData } from "../model/data-source.ts";
import { attack, attackedApp } from "../testing/attacker.ts";
import { type Attempt, attempts, secretsOf, steal } from "../testing/bisecting-attacker.ts";
import { type Secrets, secretRows } from "../testing/bisecting-secrets.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { loadRows } from "../testing/load-rows.ts";
import { leaks, withLeak } from "../testing/planted-leaks.ts";
import { runDepth } from "../testing/run-depth.ts";

const { deep, seed } = runDepth();
/** Fixed, so that whether a planted leak is found does not depend on the day. */
const leakSeed = 20_261_122;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
/** Queries of the attacker who halves: in two worlds, and with `--deep` in as many as these take. */
const deepQueries = 10_000;
/** What may be seen has no hidden record's name, and texts have no greatest one. */
const unfit = new Set(["open by name", "openText by name", "openText by aggregate"]);

describe("what may not be read", () => {
  let twins: [TestDatabase, TestDatabase];
  before(async () => {
    const options = { install: false };
    twins = [
      await testDatabase([attackedApp(true)], options),
      await testDatabase([attackedApp(false)], options),
    ];
  });
  after(() => Promise.all(twins.map((twin) => twin.close())));

  const inWorld = async (secrets: Secrets, chosen: readonly Attempt[], open = openData) => {
    await loadRows(twins[0].database, secretRows(secrets), [...twins[0].registry.models.values()]);
    return steal(open({ ...twins[0], clock }), chosen);
  };
  /** In more than one world, so that no guess is right by chance. */
  const recovers = async (chosen: readonly Attempt[], open = openData) => {
    for (const secrets of [secretsOf(3), secretsOf(8)]) {
      const { guesses } = await inWorld(secrets, chosen, open);
      deepStrictEqual(guesses, new Map(chosen.map(({ name, secret }) => [name, secrets[secret]])));
    }
  };

  test("leaves no trace in any answer: 0 bits for an attacker with many calls", async (t) => {
    t.diagnostic(`seed ${seed}`);
    await attack(twins, { openData, seed, worlds: deep ? 100 : 6, calls: 100 });
  });

  test("gives 0 bits to an attacker who halves what a value may be: every answer is the same in every world", async (t) => {
    const chosen = attempts.filter(({ secret }) => !secret.startsWith("open"));
    const known = { open: 1, openText: 1 };
    const first = await inWorld({ ...secretsOf(seed), ...known }, chosen);
    let asked = first.answers.length;
    for (let more = 1; more === 1 || (deep && asked < deepQueries); more++) {
      const { answers } = await inWorld({ ...secretsOf(seed + more), ...known }, chosen);
      deepStrictEqual(answers, first.answers);
      asked += answers.length;
    }
    t.diagnostic(`seed ${seed}, ${asked} queries`);
  });

  test("would be got by each way of that attacker, who gets so what may be read", () =>
    recovers(attempts.filter(({ secret, name }) => secret.startsWith("open") && !unfit.has(name))));

  for (const leak of leaks)
    test(`would be found out by both if ${leak.name}`, async () => {
      const run = { seed: leak.seed ?? leakSeed, worlds: 12, calls: 200, shrink: false };
      const chosen = attempts.filter(({ name }) => leak.recovers.includes(name));
      ok(chosen.length === leak.recovers.length);
      await withLeak(leak, async (leaking) => {
        await rejects(attack(twins, { ...run, openData: leaking }), /Property failed/);
        await recovers(chosen, leaking);
      });
    });
});
