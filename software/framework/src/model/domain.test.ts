import { deepStrictEqual, fail, match, strictEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { compile } from "../sql/sql.ts";
import { person, sampleApp, sampleModels } from "../testing/sample-models.ts";
import { buildRegistry } from "./build-registry.ts";
import { Aliases, unruled } from "./condition-context.ts";
import { conditionSql } from "./condition-sql.ts";
import { parseDomain } from "./domain.ts";
import { domainLimits } from "./domain-fault.ts";
import type { DomainScope } from "./domain-reader.ts";
import { escapePattern } from "./domain-text.ts";
import { plainView } from "./keyed.ts";

const registry = buildRegistry([sampleApp()]);
const hidden = new Set(["salary", "token"]);
const names = [
  "id",
  "display_name",
  "create_uid",
  ...sampleModels.flatMap((model) => Object.keys(model.fields)),
];
const scope: DomainScope = { registry, readable: () => new Set(names.filter((name) => !hidden.has(name))) };

function statement(domain: unknown, asked = scope): { text: string; values: readonly unknown[] } {
  const condition = parseDomain(domain, person, asked);
  return compile(conditionSql(condition, { alias: "m", aliases: new Aliases(plainView), ruleOf: unruled }));
}

function fault(domain: unknown, asked = scope): ExpectedError {
  try {
    parseDomain(domain, person, asked);
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "invalid") return error;
    throw error;
  }
  return fail("it was not refused");
}

const nested = (levels: number): unknown[] =>
  levels === 0 ? [["age", "=", 1]] : [["child_ids", "any", nested(levels - 1)]];
/** And and or by turns: levels that cannot be flattened. */
const alternating = (levels: number): unknown[] => {
  const domain: unknown[] = [["age", "=", 0]];
  for (let i = 0; i < levels; i++) domain.unshift(i % 2 === 0 ? "|" : "&", ["age", "=", i]);
  return domain;
};

describe("a refused domain", () => {
  const refused: readonly (readonly [why: string, domain: unknown, message: RegExp])[] = [
    ["is not a list", "x", /^domain: a domain is a list/],
    ["holds what is no term", [5], /^domain\[0\]: a term is a list of three/],
    ["holds a term of two", [["age", "="]], /^domain\[0\]: a term is a list of three/],
    ["has a path that is no text", [[5, "=", 5]], /^domain\[0\]: the field of a term is a text/],
    ["has an operator that is no text", [["age", 1, 5]], /^domain\[0\]: the operator of a term is a text/],
    ["has an unknown operator", [["age", "~", 5]], /^domain\[0\]: "~" is no operator/],
    ["has an unknown sign", ["^", ["age", "=", 5]], /^domain\[0\]: "\^" is no operator/],
    [
      "lacks an operand",
      [["age", "=", 1], "|", ["age", "=", 5]],
      /^domain\[1\]: "\|" needs two terms after it/,
    ],
    ["negates nothing", ["!"], /^domain\[0\]: "!" needs a term after it/],
    ["names no field", [["", "=", 1]], /^domain\[0\]: Person has no field ""/],
    ["names an inherited property", [["constructor", "=", 1]], /no field "constructor"/],
    ["names a prototype", [["__proto__.x", "=", 1]], /no field "__proto__"/],
    ["goes through what is no relation", [["age.name", "=", 1]], /"age" leads to no other model/],
    ["asks a number for a text", [["age", "=", "x"]], /a whole number is wanted, not "x"/],
    ["asks a number for a fraction", [["age", ">", 1.5]], /a whole number is wanted, not 1.5/],
    ["asks a number beyond 32 bits", [["id", "=", 3e9]], /beyond 32 bits/],
    ["asks a number for infinity", [["rate", "=", Number.POSITIVE_INFINITY]], /a number is wanted/],
    ["asks a decimal for words", [["rate", "=", "1e5"]], /a number is wanted/],
    ["asks a text for a number", [["name", "=", 5]], /a text is wanted, not 5/],
    ["asks for a text with NUL", [["name", "=", "a\0b"]], /no NUL/],
    ["asks for half a surrogate pair", [["name", "ilike", "\ud800"]], /half of a surrogate pair/],
    ["asks for a day that never was", [["born", "=", "2025-02-30"]], /a date \(YYYY-MM-DD\) is wanted/],
    ["asks for a moment that never was", [["seen", "<", "2025-01-01 25:00:00"]], /a moment in UTC/],
    ["asks for the year nought", [["born", "=", "0000-01-01"]], /a date/],
    ["asks a flag for a text", [["vip", "=", "yes"]], /"vip" is true or false/],
    ["orders a flag", [["vip", "<", true]], /"<" with this value does not fit "vip"/],
    ["orders by nothing", [["age", "<", false]], /"<" with this value does not fit "age"/],
    ["orders a relation", [["team_id", "<", 5]], /does not fit "team_id"/],
    ["looks for text in a number", [["age", "ilike", "5"]], /"ilike" with this value does not fit "age"/],
    ["asks a relation for true", [["team_id", "=", true]], /a whole number is wanted/],
    ["gives a single value to in", [["age", "in", 5]], /a list is wanted/],
    [
      "asks for a tree of a number",
      [["age", "child_of", 5]],
      /"child_of" with this value does not fit "age"/,
    ],
    ["gives any no domain", [["team_id", "any", 5]], /^domain\[0\]\[2\]: a domain is a list/],
    [
      "is wrong inside any",
      [
        [
          "team_id",
          "any",
          [
            ["name", "=", "x"],
            ["size", "~", 1],
          ],
        ],
      ],
      /^domain\[0\]\[2\]\[1\]: "~"/,
    ],
  ];
  for (const [why, domain, message] of refused) test(why, () => match(fault(domain).message, message));

  test("proposes the nearest field", () =>
    strictEqual(fault([["nme", "=", "x"]]).hint, 'did you mean "name"?'));

  test("answers a field that may not be read exactly as one that is not there", () => {
    const answers = ["salary", "salami"].map((name) => fault([[name, "=", 1]]));
    const [unreadable, unknown] = answers.map(({ message, hint }) => [message.replace(/sala\w+/, "…"), hint]);
    deepStrictEqual(unreadable, unknown);
  });

  test("does so behind a relation, in any, and whatever the operator and value", () => {
    const ways = (name: string): unknown[] => [
      [[`parent_id.${name}`, "=", 1]],
      [["child_ids", "any", [[name, "nonsense", {}]]]],
      ["!", [`tag_ids.owner_ids.${name}`, "ilike", "x"]],
    ];
    const answers = (name: string) => ways(name).map((domain) => fault(domain).message.replace(name, "…"));
    deepStrictEqual(answers("salary"), answers("salami"));
  });

  test("answers a name that may not be read as a missing field, through a relation as well", () => {
    const nameless: DomainScope = {
      registry,
      readable: (model) => new Set(model === person ? names : ["id"]),
    };
    match(fault([["team_id", "ilike", "x"]], nameless).message, /Team has no field "display_name"/);
    match(fault([["team_id.name", "=", "x"]], nameless).message, /Team has no field "name"/);
  });
});

describe("the limits of a domain are reached", () => {
  const term = ["age", "=", 1];
  const cases: readonly (readonly [string, unknown, unknown, RegExp])[] = [
    [
      "items",
      Array(domainLimits.items).fill(term),
      Array(domainLimits.items + 1).fill(term),
      /at most 1000 allowed/,
    ],
    [
      "depth",
      alternating(domainLimits.depth - 1),
      alternating(domainLimits.depth + 1),
      /nested more than 32 deep/,
    ],
    ["nesting", nested(domainLimits.nesting), nested(domainLimits.nesting + 1), /nested more than 8 deep/],
    [
      "path steps",
      [[`${"parent_id.".repeat(domainLimits.pathSteps - 1)}age`, "=", 1]],
      [[`${"parent_id.".repeat(domainLimits.pathSteps)}age`, "=", 1]],
      /at most 8 steps/,
    ],
    [
      "traversals",
      Array(domainLimits.traversals).fill(["parent_id.age", "=", 1]),
      Array(domainLimits.traversals + 1).fill(["parent_id.age", "=", 1]),
      /more than 64 relations/,
    ],
    [
      "list values",
      [["age", "in", Array(domainLimits.listValues).fill(1)]],
      [["age", "in", Array(domainLimits.listValues + 1).fill(1)]],
      /at most 10000 values/,
    ],
    [
      "text bytes",
      [["note", "=", "é".repeat(domainLimits.textBytes / 2)]],
      [["note", "=", "é".repeat(domainLimits.textBytes / 2 + 1)]],
      /at most 65536 bytes/,
    ],
  ];
  for (const [name, most, more, message] of cases)
    test(name, () => {
      statement(most);
      match(fault(more).message, message);
    });

  test("a long row of alternatives is one level", () => {
    statement([...Array(499).fill("|"), ...Array(500).fill(term)]);
  });
});

describe("a domain as a statement", () => {
  test("holds outside text as parameters only", () => {
    const hostile = `'; DROP TABLE "sample_person"; --`;
    const { text, values } = statement([
      ["name", "=", hostile],
      ["note", "ilike", hostile],
      ["team_id", "=", hostile],
    ]);
    strictEqual(text.includes("DROP"), false);
    strictEqual(values.length, 3);
  });

  test("compares bare columns, so that indexes serve it", () => {
    strictEqual(statement([["age", "in", [1, 2, 2]]]).text, '"m"."age" = ANY($1::integer[])');
    strictEqual(statement([["parent_id", "=", 5]]).text, '"m"."parent_id" = ANY($1::integer[])');
    strictEqual(statement([["name", "=like", "a%"]]).text, '"m"."name" LIKE $1::text');
    strictEqual(statement(["!", ["age", ">", 5]]).text, '("m"."age" <= $1::integer OR "m"."age" IS NULL)');
  });

  test("is short where its value decides alone", () => {
    const always = [
      [],
      [["age", "=?", false]],
      [["name", "ilike", ""]],
      [[1, "=", 1]],
      [["age", "not in", []]],
      ["|", ["age", "in", []], [1, "=", 1]],
    ];
    for (const domain of always) strictEqual(statement(domain).text, "TRUE");
    for (const domain of [
      [["age", "in", []]],
      [[0, "=", 1]],
      [["name", "not like", ""]],
      [["id", "child_of", []]],
    ])
      strictEqual(statement(domain).text, "FALSE");
  });

  test("leaves archived records out only where it is told so and does not name them", () => {
    const current: DomainScope = { ...scope, archived: "hidden" };
    strictEqual(statement([], current).text, '"m"."active"');
    strictEqual(statement([["active", "in", [true, false]]], current).text.includes("AND"), false);
    match(statement([["child_ids", "=", 5]], current).text, /"t1"\."active"/);
    strictEqual(statement([["parent_id.age", "=", 5]], current).text.includes('"t1"."active"'), false);
  });

  test("takes values of TypeScript as it takes those of JSON", () => {
    const typed = statement([
      ["born", "=", Temporal.PlainDate.from("2026-01-01")],
      ["seen", "<", Temporal.Instant.from("2026-01-01T00:00:00Z")],
    ]);
    deepStrictEqual(
      typed.values,
      statement([
        ["born", "=", "2026-01-01"],
        ["seen", "<", "2026-01-01 00:00:00"],
      ]).values,
    );
  });
});

test("a text typed into a search box matches literally once escaped", () => {
  deepStrictEqual(statement([["name", "like", escapePattern("100%_\\")]]).values, ["%100\\%\\_\\\\%"]);
});
