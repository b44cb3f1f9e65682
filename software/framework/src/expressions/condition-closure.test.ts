import { strictEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { publicActor } from "../access/actor.ts";
import { buildRegistry } from "../model/build-registry.ts";
import { bindActor } from "../model/condition.ts";
import type { PlainRow } from "../model/condition-memory.ts";
import { runDepth } from "../testing/run-depth.ts";
import { person, sampleApp } from "../testing/sample-models.ts";
import { type SampleRows, sampleRows } from "../testing/sample-rows.ts";
import { sampleRulesOf } from "../testing/sample-rules.ts";
import { conditionClosure, type NestedRecord } from "./condition-closure.ts";
import { ruleCondition } from "./rule-condition.ts";

const registry = buildRegistry([sampleApp()]);
const { deep, seed } = runDepth();
const holds = (rule: string, record: NestedRecord) =>
  conditionClosure(ruleCondition(rule, person, registry))(record);

/** A row with the records behind its relations, read when asked for: hierarchies have circles. */
function nested(rows: SampleRows, model: string, row: PlainRow | undefined): NestedRecord | null {
  if (row === undefined) return null;
  const record: Record<string, unknown> = { ...row };
  for (const [name, field] of Object.entries(registry.model(model).fields)) {
    const target = field.target ?? "";
    const all = rows[target] ?? [];
    const read = () => {
      if (field.kind === "many2one")
        return nested(
          rows,
          target,
          all.find((other) => other.id === row[name]),
        );
      const ids = field.kind === "many2many" ? (row[name] as readonly number[]) : [];
      const behind = all.filter((other) => other[field.inverse ?? ""] === row.id || ids.includes(other.id));
      return behind.map((other) => nested(rows, target, other));
    };
    if (field.target !== undefined) Object.defineProperty(record, name, { get: read, enumerable: true });
  }
  return record;
}

describe("a rule asked of a record in memory", () => {
  test("answers as what the rule means, written by hand", (t) => {
    t.diagnostic(`seed ${seed}`);
    const asker = fc.record({
      userId: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
      companyIds: fc.subarray([1, 2, 3]),
      recordId: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
    });
    const property = fc.property(sampleRows, sampleRulesOf("person"), asker, (rows, rule, who) => {
      const condition = bindActor(ruleCondition(rule.text, person, registry), { ...publicActor, ...who });
      const closure = conditionClosure(condition);
      for (const row of rows[person.name] ?? [])
        strictEqual(
          closure(nested(rows, person.name, row) as NestedRecord),
          rule.holds(row, who, rows),
          rule.text,
        );
    });
    fc.assert(property, { seed, numRuns: deep ? 5_000 : 200 });
  });

  test("reads own properties only", () => {
    const inherited = Object.create({ vip: true, age: 5 }) as NestedRecord;
    strictEqual(holds("vip", inherited), false);
    strictEqual(holds("age == 5", inherited), false);
    strictEqual(holds("age == null", inherited), true);
  });

  test("compares decimals exactly and texts by code point", () => {
    strictEqual(holds("rate == 0.30", { rate: "0.3" }), true);
    strictEqual(holds("rate < 9007199254740993.00", { rate: "9007199254740992.99" }), true);
    strictEqual(holds("name < '\u{1F600}'", { name: "\uffee" }), true);
  });

  test("refuses an actor's value that nobody bound", () => {
    throws(() => holds("create_uid == actor.user_id", {}), /bound before/);
  });
});
