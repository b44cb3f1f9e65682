import assert from "node:assert/strict";
import { test } from "node:test";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { sampleApp } from "@holdfast/framework/testing/sample-models";
import { type SampleRows, sampleRows } from "@holdfast/framework/testing/sample-rows";
import { sampleRulesOf } from "@holdfast/framework/testing/sample-rules";
import fc from "fast-check";
import { type NaiveRow, type NaiveWorld, naiveMeets } from "./naive-rule.ts";

const { deep, seed } = runDepth();
const registry = buildRegistry([sampleApp({})]);
const kinds = ["person", "team", "tag"] as const;

const worldOf = (rows: SampleRows): NaiveWorld =>
  new Map(
    Object.entries(rows).map(([model, own]) => [model, new Map(own.map((row) => [row.id, row as NaiveRow]))]),
  );

test("the naive reader of rules means what people wrote down that each rule means", (t) => {
  t.diagnostic(`seed ${seed}`);
  const cases = fc.record({
    rows: sampleRows,
    rule: fc.constantFrom(...kinds).chain((kind) => sampleRulesOf(kind).map((rule) => ({ kind, rule }))),
    asker: fc.record({
      userId: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
      companyIds: fc.subarray([1, 2, 3]),
      recordId: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
    }),
  });
  const property = fc.property(cases, ({ rows, rule: { kind, rule }, asker }) => {
    const model = `sample.${kind}`;
    const values: Readonly<Record<string, unknown>> = {
      user_id: asker.userId,
      company_ids: asker.companyIds,
      record_id: asker.recordId,
    };
    for (const row of rows[model] ?? []) {
      const place = {
        registry,
        world: worldOf(rows),
        model,
        row: row as NaiveRow,
        actor: (name: string) => values[name],
      };
      assert.equal(naiveMeets(rule.text, place), rule.holds(row, asker, rows), `${rule.text} of ${row.id}`);
    }
  });
  fc.assert(property, { seed, numRuns: deep ? 20_000 : 1_000 });
});

test("what it does not understand stops it", () => {
  const row = { id: 1, name: "a" };
  const place = { registry, world: new Map(), model: "sample.person", row, actor: () => null };
  for (const rule of [
    "name == 'a' ?",
    "name ~ 'a'",
    "nothing == 1",
    "(vip",
    "name in ['a'",
    "vip vip",
    "size(name) > 1",
  ])
    assert.throws(() => naiveMeets(rule, place), /the naive model/, rule);
});
