import { rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openData } from "../model/data-source.ts";
import { attack, attackedApp } from "../testing/attacker.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { leaks, withLeak } from "../testing/planted-leaks.ts";
import { runDepth } from "../testing/run-depth.ts";

const { deep, seed } = runDepth();
/** Fixed, so that whether a planted leak is found does not depend on the day. */
const leakSeed = 20_261_122;

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

  test("leaves no trace in any answer: 0 bits for an attacker with many calls", async (t) => {
    t.diagnostic(`seed ${seed}`);
    await attack(twins, { openData, seed, worlds: deep ? 100 : 6, calls: 100 });
  });

  for (const leak of leaks)
    test(`would be found out by that attacker if ${leak.name}`, async () => {
      const run = { seed: leak.seed ?? leakSeed, worlds: 12, calls: 200, shrink: false };
      await withLeak(leak, (leaking) =>
        rejects(attack(twins, { ...run, openData: leaking }), /Property failed/),
      );
    });
});
