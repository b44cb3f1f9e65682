import fc from "fast-check";
import { awkwardTexts, days, kinds, moments, numbers, rates } from "./sample-rows.ts";

type Term = readonly [string, string, unknown];

const patterns = [...awkwardTexts, "%b", "a%", "_", "a\\_b", "a\\", "\\%", "a\\\\b", "S", "Łó", "É"] as const;
const equality = ["=", "!=", "in", "not in", "=?"] as const;
const ordering = ["<", "<=", ">", ">="] as const;
const likes = [
  "like",
  "ilike",
  "not like",
  "not ilike",
  "=like",
  "=ilike",
  "not =like",
  "not =ilike",
] as const;

const nothing = fc.constantFrom(false, null);
const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const oftenNot = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: values }, { weight: 1, arbitrary: nothing });
const ids = fc.integer({ min: 0, max: 10 });

function term(name: string, operators: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<Term> {
  return some(operators).chain((operator) => {
    const values = operator.endsWith("in") ? fc.array(oftenNot(value), { maxLength: 3 }) : value;
    return values.map((given): Term => [name, operator, given]);
  });
}

function scalar<T>(names: readonly string[], values: readonly T[]): fc.Arbitrary<Term> {
  return some(names).chain((name) =>
    fc.oneof(term(name, equality, oftenNot(some(values))), term(name, ordering, some(values))),
  );
}

function textual(names: readonly string[]): fc.Arbitrary<Term> {
  return some(names).chain((name) =>
    fc.oneof(
      term(name, equality, oftenNot(some(awkwardTexts))),
      term(name, ordering, some(awkwardTexts)),
      term(name, likes, oftenNot(some(patterns))),
    ),
  );
}

function flag(names: readonly string[]): fc.Arbitrary<Term> {
  return some(names).chain((name) => term(name, ["=", "!=", "in", "not in"], fc.boolean()));
}

function relation(names: readonly string[]): fc.Arbitrary<Term> {
  return some(names).chain((name) =>
    fc.oneof(
      term(name, equality, oftenNot(fc.oneof(ids, some(awkwardTexts.slice(1))))),
      term(name, likes, oftenNot(some(patterns))),
      term(name, ["child_of", "parent_of"], fc.oneof(ids, fc.array(ids, { maxLength: 2 }), some(["a", "e"]))),
    ),
  );
}

/** A reference to records of several models. */
function records(name: string): fc.Arbitrary<Term> {
  const record = fc.tuple(some(["sample.team", "sample.tag"]), fc.integer({ min: 1, max: 6 })).map(String);
  return fc.oneof(term(name, equality, oftenNot(record)), term(name, likes, oftenNot(some(patterns))));
}

const identity = fc.oneof(term("id", [...equality, ...ordering], ids), tree("id"));

function tree(name: string): fc.Arbitrary<Term> {
  return term(
    name,
    ["child_of", "parent_of"],
    fc.oneof(ids, fc.array(ids, { maxLength: 2 }), some(["a", "e"])),
  );
}

const { person, team, tag } = fc.letrec<Record<"person" | "team" | "tag", Term>>((tie) => ({
  person: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    textual(["name", "nick", "note", "display_name", "motto", "team_name", "boss_motto"]),
    scalar(["age", "salary", "boss_age", "boss_salary"], numbers),
    scalar(["rate", "bonus", "fee", "boss_bonus", "boss_fee"], [...rates, 0.1, 1, "2.5"]),
    scalar(["born"], days),
    scalar(["seen", "boss_seen"], [...moments, ...days, "2026-01-01 12:30:00"]),
    some(["kind", "lead_kind"]).chain((name) =>
      fc.oneof(term(name, equality, oftenNot(some(kinds))), term(name, likes, some(["e", "LEAD"]))),
    ),
    flag(["active", "vip", "here", "team_open"]),
    identity,
    relation(["parent_id", "mentor_id", "team_id", "child_ids", "tag_ids", "team_lead_id", "boss_team_id"]),
    records("about"),
    some(["id", "parent_id", "mentor_id", "tag_ids"]).chain(tree),
    through(["parent_id", "mentor_id", "child_ids", "team_lead_id"], tie("person")),
    through(["team_id", "boss_team_id"], tie("team")),
    through(["tag_ids"], tie("tag")),
  ),
  team: fc.oneof(
    { depthSize: "small" },
    textual(["name"]),
    scalar(["size"], numbers),
    flag(["open"]),
    identity,
    relation(["lead_id", "member_ids"]),
    through(["lead_id", "member_ids"], tie("person")),
  ),
  tag: fc.oneof(
    { depthSize: "small" },
    textual(["name"]),
    scalar(["color"], numbers),
    identity,
    relation(["parent_id", "owner_ids"]),
    through(["parent_id"], tie("tag")),
    through(["owner_ids"], tie("person")),
  ),
}));

/** A dotted path, or a subdomain of `any`. */
function through(names: readonly string[], inner: fc.Arbitrary<Term>): fc.Arbitrary<Term> {
  const dotted = fc
    .tuple(some(names), inner)
    .map(([name, [path, ...rest]]): Term => [`${name}.${path}`, ...rest]);
  const nested = fc
    .tuple(some(names), some(["any", "not any"]), fc.array(inner, { maxLength: 2 }))
    .map(([name, operator, domain]): Term => [name, operator, domain]);
  return fc.oneof(dotted, nested);
}

/** Random valid domains of a sample model: operators in prefix form, several terms at the top. */
export function sampleDomains(model: "person" | "team" | "tag"): fc.Arbitrary<readonly unknown[]> {
  const terms = { person, team, tag }[model].filter(([path]) => path.split(".").length <= 5);
  const { tree: expression } = fc.letrec<{ tree: readonly unknown[] }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: terms.map((one) => [one]) },
      { weight: 1, arbitrary: tie("tree").map((inner) => ["!", ...inner]) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(some(["&", "|"]), tie("tree"), tie("tree"))
          .map(([sign, a, b]) => [sign, ...a, ...b]),
      },
    ),
  }));
  return fc.array(expression, { maxLength: 2 }).map((parts) => parts.flat());
}
