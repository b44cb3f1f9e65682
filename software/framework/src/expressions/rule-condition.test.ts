import { deepStrictEqual, fail, match, strictEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Actor, publicActor } from "../access/actor.ts";
import { buildRegistry } from "../model/build-registry.ts";
import { bindActor } from "../model/condition.ts";
import { Aliases, unruled } from "../model/condition-context.ts";
import { conditionSql } from "../model/condition-sql.ts";
import { plainView } from "../model/keyed.ts";
import type { Model } from "../model/model.ts";
import { compile } from "../sql/sql.ts";
import { person, sampleApp, team } from "../testing/sample-models.ts";
import { expressionLimits } from "./expression.ts";
import { ruleCondition } from "./rule-condition.ts";

const registry = buildRegistry([sampleApp()]);
const actor: Actor = { ...publicActor, userId: 7, companyIds: [1, 2], recordId: 3 };

function statement(text: string, who = actor, model: Model = person): string {
  const condition = bindActor(ruleCondition(text, model, registry), who);
  const { text: written, values } = compile(
    conditionSql(condition, { alias: "m", aliases: new Aliases(plainView), ruleOf: unruled }),
  );
  return written.replace(/\$(\d+)/g, (_, place: string) => JSON.stringify(values[Number(place) - 1]));
}

function fault(text: string, model: Model = person): ExpectedError {
  try {
    ruleCondition(text, model, registry);
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "invalid") return error;
    throw error;
  }
  return fail("it was not refused");
}

describe("a rule", () => {
  const readings: readonly (readonly [rule: string, sql: string])[] = [
    ["true", "TRUE"],
    ["!true", "FALSE"],
    ["vip", '"m"."vip"'],
    ["!vip", '"m"."vip" IS NOT TRUE'],
    ["vip == false", '"m"."vip" IS NOT TRUE'],
    ["age == 5", '"m"."age" = 5::integer'],
    ["age == -5", '"m"."age" = -5::integer'],
    ["5 < age", '"m"."age" > 5::integer'],
    ["age != 5", '("m"."age" <> 5::integer OR "m"."age" IS NULL)'],
    ["rate >= 1.50", '"m"."rate" >= "1.50"::numeric'],
    ["name == 'it\\'s'", `"m"."name" = "it's"::text`],
    ['kind in ["lead", "client"]', '"m"."kind" = ANY(["lead","client"]::text[])'],
    ["born < '2026-01-01'", '"m"."born" < "2026-01-01"::date'],
    ["team_id == null", '"m"."team_id" IS NULL'],
    ["name != null", `"m"."name" <> ''`],
    ["create_uid == actor.user_id", '"m"."create_uid" = 7::integer'],
    ["id == actor.record_id", '"m"."id" = 3::integer'],
    ["age == 1 || age == 2 && vip", '("m"."age" = 1::integer OR ("m"."age" = 2::integer AND "m"."vip"))'],
    ["(age == 1 || age == 2) && vip", '(("m"."age" = 1::integer OR "m"."age" = 2::integer) AND "m"."vip")'],
    ["!(vip || active)", '("m"."vip" IS NOT TRUE AND "m"."active" IS NOT TRUE)'],
  ];
  for (const [rule, expected] of readings)
    test(`reads ${rule}`, () => strictEqual(statement(rule), expected));

  test("follows many2ones as values: what an empty step leads to is not set", () => {
    const set =
      'EXISTS (SELECT FROM "sample_team" "t1" WHERE "t1".id = "m"."team_id" AND "t1"."size" IS NOT NULL)';
    strictEqual(statement("team_id.size == null"), `NOT ${set}`);
    match(statement("team_id.size != 5"), /^NOT EXISTS/);
  });

  test("finds a value among records behind any relation", () => {
    match(
      statement("actor.record_id in child_ids"),
      /"t1"\."parent_id" = "m"\.id AND "t1"\."id" = 3::integer/,
    );
    match(statement("actor.record_id in tag_ids.owner_ids"), /rel_sample_tag_owner_ids/);
    match(statement("actor.user_id in child_ids.create_uid"), /"t1"\."create_uid" = 7::integer/);
  });

  test("binds the actor's companies as a list", () => {
    strictEqual(
      statement("company_id in actor.company_ids", actor, team),
      '"m"."company_id" = ANY([1,2]::integer[])',
    );
    const none = { ...actor, companyIds: [] };
    strictEqual(statement("company_id in actor.company_ids", none, team), "FALSE");
    strictEqual(
      statement("company_id == null || company_id in actor.company_ids", none, team),
      '("m"."company_id" IS NULL OR FALSE)',
    );
  });

  test("compares nothing with a value that the actor lacks: not even what is not set", () => {
    const nobody = { ...actor, userId: null, recordId: null };
    strictEqual(statement("create_uid == actor.user_id", nobody), "FALSE");
    strictEqual(statement("create_uid == actor.user_id || vip", nobody), '"m"."vip"');
    strictEqual(statement("create_uid != actor.user_id", nobody), "TRUE");
  });

  test("keeps the actor open until it is bound, and then binds each alone", () => {
    const open = ruleCondition("create_uid == actor.user_id", person, registry);
    deepStrictEqual(bindActor(open, { ...actor, userId: 8 }), { ...open, value: 8 });
    deepStrictEqual(bindActor(open, { ...actor, userId: 9 }), { ...open, value: 9 });
  });
});

describe("a refused rule", () => {
  const refused: readonly (readonly [rule: string, message: RegExp, hint?: RegExp])[] = [
    ["", /^at character 1: a value is wanted here, not the end/],
    ["age ==", /^at character 7: a value is wanted here, not the end/],
    ["age == 5 5", /^at character 10: an operator or the end is wanted here, not "5"/],
    ["age = 5", /^at character 5: "= 5" cannot be read/],
    ["age == 5 == 5", /comparisons do not chain/],
    ["(age == 5", /"\)" is wanted here, not the end/],
    ["age in [1, 2", /"," is wanted here, not the end/],
    ["in == 5", /^at character 1: a value is wanted here/],
    ["team_id. == 5", /a field is wanted here/],
    ['name == "a', /^at character 9: /],
    ["name == '\\x41'", /"\\x" is no escape/],
    ["nme == 'x'", /"sample.person" has no field "nme"/, /did you mean "name"/],
    ["constructor == 1", /has no field "constructor"/],
    ["__proto__.x == 1", /has no field "__proto__"/],
    ["name.constructor == 1", /"name" leads to no other model/],
    ["actor.constructor == id", /an actor has no "constructor"/, /use actor.user_id, /],
    ["actor.user_id.name == name", /an actor has no "user_id.name"/],
    ["actor == 5", /an actor has no ""/],
    ["age", /^at character 1: "age" is not true or false/],
    ["5", /a condition is wanted here, not a value/],
    ["5 == 5", /one side of a comparison is a field/],
    ["age == name", /two fields of a record cannot be compared/],
    ["age == 'x'", /^at character 8: "age" is of kind integer: a whole number is wanted/],
    ["age == 1.5", /a whole number is wanted/],
    ["age == 99999999999", /beyond 32 bits/],
    ["born == '2025-02-30'", /"born" is of kind date/],
    ["kind == 'leed'", /"leed" is no value of "kind"/, /did you mean "lead"/],
    ["vip == 1", /"vip" is true or false/],
    ["vip < true", /"vip" is true or false/],
    ["age < null", /null has no order/],
    ["child_ids == 5", /"child_ids" holds several records/, /value in child_ids/],
    ["child_ids.age == 5", /"child_ids" leads to several records/],
    ["child_ids.age in [5]", /"child_ids" leads to several records/],
    ["age in 5", /a list is wanted after `in`/],
    ["age in [actor.user_id]", /does not fit "age"/],
    ["create_uid in [actor.user_id]", /a list holds constant values only/],
    ["age in actor.company_ids", /actor.company_ids does not fit "age"/],
    ["age == actor.user_id", /actor.user_id does not fit "age"/, /it is an id of res.users/],
    ["team_id == actor.user_id", /actor.user_id does not fit "team_id"/],
    ["team_id == actor.company_ids", /actor.company_ids are several/],
    ["vip in [true]", /"vip" is of kind boolean and cannot be one of a list/],
    ["actor.user_id in tag_ids", /actor.user_id does not fit "id"/],
    ["eval('1')", /an operator or the end is wanted here, not "\("/],
    ["age + 1 == 2", /cannot be read/],
  ];
  for (const [rule, message, hint] of refused)
    test(`says where and why: ${rule || "nothing at all"}`, () => {
      const found = fault(rule);
      match(found.message, message);
      if (hint !== undefined) match(found.hint ?? "", hint);
    });

  test("is refused at its limits and not before", () => {
    const { depth, characters, tokens, listItems } = expressionLimits;
    ruleCondition(`${"(".repeat(depth)}vip${")".repeat(depth)}`, person, registry);
    match(fault(`${"(".repeat(depth + 1)}vip${")".repeat(depth + 1)}`).message, /nested more than 32 deep/);
    match(fault(`${"!".repeat(depth + 2)}vip`).message, /nested more than 32 deep/);
    match(fault(`age in ${"[".repeat(depth + 2)}`).message, /nested more than 32 deep/);
    match(fault(`vip${" ".repeat(characters)}`).message, /at most 4096 characters/);
    match(fault(`vip${" && vip".repeat(tokens / 2)}`).message, /at most 1024 words and signs/);
    ruleCondition(`age in [${Array(listItems).fill(1).join(",")}]`, person, registry);
    match(
      fault(
        `age in [${Array(listItems + 1)
          .fill(1)
          .join(",")}]`,
      ).message,
      /at most 256 items/,
    );
  });
});
