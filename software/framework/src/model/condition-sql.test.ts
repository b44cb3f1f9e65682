import { rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { domainMutants, withDomainMutant } from "../testing/domain-mutants.ts";
import { compareWithOracle, type DomainCode } from "../testing/domain-oracle.ts";
import { runDepth } from "../testing/run-depth.ts";
import { sampleApp } from "../testing/sample-models.ts";
import { Aliases, unruled } from "./condition-context.ts";
import { conditionSql } from "./condition-sql.ts";
import { parseDomain } from "./domain.ts";

const { deep, seed } = runDepth();
/** Fixed, so that whether a planted mistake is found does not depend on the day. */
const mutantSeed = 20_261_122;
const code: DomainCode = { parseDomain, conditionSql, unruled, Aliases };

describe("a domain in PostgreSQL", () => {
  let sample: TestDatabase;
  before(async () => {
    sample = await testDatabase([sampleApp()], { install: false });
  });
  after(() => sample.close());

  test("finds what the in-memory evaluator finds, and its negation all other readable records", async (t) => {
    t.diagnostic(`seed ${seed}`);
    await compareWithOracle(code, { ...sample, seed, worlds: deep ? 1_000 : 20, domains: 100 });
  });

  test("passes from a copy of the sources in which nothing is changed", () =>
    withDomainMutant(
      { name: "none", file: "model/domain.ts", from: "some(terms)", to: "some(terms)" },
      (copy) => compareWithOracle(copy, { ...sample, seed: mutantSeed, worlds: 5, domains: 50 }),
    ));

  for (const mutant of domainMutants)
    test(`is held against its oracle: caught when ${mutant.name}`, async () => {
      const run = { ...sample, seed: mutant.seed ?? mutantSeed, worlds: 20, domains: 100, shrink: false };
      await withDomainMutant(mutant, (mutated) =>
        rejects(compareWithOracle(mutated, run), /Property failed/),
      );
    });
});
