import fc from "fast-check";
import type { PlainRow } from "../model/condition-memory.ts";
import type { SampleRows } from "./sample-rows.ts";

/** Whose values a rule reads, apart from the product's own actor. */
export interface Asker {
  readonly userId: number | null;
  readonly companyIds: readonly number[];
  readonly recordId: number | null;
}

/** A rule twice: as its text, and as what it means, written by hand. So nothing reads the text but the product. */
export interface SampleRule {
  readonly text: string;
  holds(row: PlainRow, asker: Asker, rows: SampleRows): boolean;
}

type Holds = SampleRule["holds"];

const person = "sample.person";
const team = "sample.team";
const tag = "sample.tag";

const one = (rows: SampleRows, model: string, id: unknown) => rows[model]?.find((row) => row.id === id);
const many = (rows: SampleRows, model: string, field: string, id: unknown) =>
  (rows[model] ?? []).filter((row) => row[field] === id);
const empty = (text: unknown) => text === null || text === "";
const number = (value: unknown): number =>
  value === null || value === undefined ? Number.NaN : Number(value);
const has = (list: unknown, value: number | null) =>
  value !== null && (list as readonly number[]).includes(value);
const teamOf = (row: PlainRow, rows: SampleRows) => one(rows, team, row["team_id"]);
const bossOf = (row: PlainRow, rows: SampleRows) => one(rows, person, row["parent_id"]);

const personRules: Readonly<Record<string, Holds>> = {
  vip: (row) => row["vip"] === true,
  "active == false": (row) => row["active"] !== true,
  "age >= 1": (row) => number(row["age"]) >= 1,
  "2 > age": (row) => number(row["age"]) < 2,
  "age != 5": (row) => row["age"] !== 5,
  "rate <= 1.00": (row) => number(row["rate"]) <= 1,
  'name == "ab"': (row) => row["name"] === "ab",
  "nick != null": (row) => !empty(row["nick"]),
  "kind in ['lead', 'client']": (row) => row["kind"] === "lead" || row["kind"] === "client",
  "born < '2026-01-01'": (row) => row["born"] !== null && String(row["born"]) < "2026-01-01",
  "id == actor.record_id": (row, { recordId }) => row.id === recordId,
  "parent_id == actor.record_id": (row, { recordId }) => recordId !== null && row["parent_id"] === recordId,
  "create_uid == actor.user_id": (row, { userId }) => userId !== null && row["create_uid"] === userId,
  "create_uid != actor.user_id": (row, { userId }) => userId === null || row["create_uid"] !== userId,
  "parent_id == null": (row) => row["parent_id"] === null,
  "parent_id.vip": (row, _, rows) => bossOf(row, rows)?.["vip"] === true,
  "parent_id.age != 2": (row, _, rows) => bossOf(row, rows)?.["age"] !== 2,
  "parent_id.parent_id.name == null": (row, _, rows) => {
    const boss = bossOf(row, rows);
    const above = boss && bossOf(boss, rows);
    return above === undefined || empty(above["name"]);
  },
  "team_id.company_id in actor.company_ids": (row, { companyIds }, rows) =>
    companyIds.includes(number(teamOf(row, rows)?.["company_id"])),
  "team_id.lead_id == actor.record_id": (row, { recordId }, rows) =>
    recordId !== null && teamOf(row, rows)?.["lead_id"] === recordId,
  "actor.record_id in child_ids": (row, { recordId }, rows) =>
    many(rows, person, "parent_id", row.id).some((child) => child.id === recordId),
  "actor.record_id in tag_ids": (row, { recordId }) => has(row["tag_ids"], recordId),
  "actor.user_id in child_ids.create_uid": (row, { userId }, rows) =>
    many(rows, person, "parent_id", row.id).some(
      (child) => userId !== null && child["create_uid"] === userId,
    ),
};
const teamRules: Readonly<Record<string, Holds>> = {
  open: (row) => row["open"] === true,
  "size < 2": (row) => number(row["size"]) < 2,
  "company_id == null || company_id in actor.company_ids": (row, { companyIds }) =>
    row["company_id"] === null || companyIds.includes(number(row["company_id"])),
  "lead_id.vip": (row, _, rows) => one(rows, person, row["lead_id"])?.["vip"] === true,
  "actor.record_id in member_ids": (row, { recordId }, rows) =>
    many(rows, person, "team_id", row.id).some((member) => member.id === recordId),
};
const tagRules: Readonly<Record<string, Holds>> = {
  "color > 0": (row) => number(row["color"]) > 0,
  "color != 5": (row) => row["color"] !== 5,
  "parent_id.color == 1": (row, _, rows) => one(rows, tag, row["parent_id"])?.["color"] === 1,
  "actor.record_id in owner_ids": (row, { recordId }) => has(row["owner_ids"], recordId),
  "actor.record_id in owner_ids.child_ids": (row, { recordId }, rows) =>
    (row["owner_ids"] as readonly number[]).some((owner) =>
      many(rows, person, "parent_id", owner).some((child) => child.id === recordId),
    ),
};

/** Random rules of a sample model, up to a few levels of and, or, not. */
export function sampleRulesOf(model: "person" | "team" | "tag"): fc.Arbitrary<SampleRule> {
  const known = { person: personRules, team: teamRules, tag: tagRules }[model];
  const atoms = Object.entries(known).map(([text, holds]): SampleRule => ({ text: `(${text})`, holds }));
  const { rule } = fc.letrec<{ rule: SampleRule }>((tie) => ({
    rule: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: fc.constantFrom(...atoms) },
      { weight: 1, arbitrary: tie("rule").map(negated) },
      { weight: 1, arbitrary: fc.tuple(tie("rule"), tie("rule")).map(([a, b]) => both(a, b)) },
      { weight: 1, arbitrary: fc.tuple(tie("rule"), tie("rule")).map(([a, b]) => either(a, b)) },
    ),
  }));
  return rule;
}

function negated(rule: SampleRule): SampleRule {
  return { text: `!${rule.text}`, holds: (...given) => !rule.holds(...given) };
}

function both(a: SampleRule, b: SampleRule): SampleRule {
  return { text: `(${a.text} && ${b.text})`, holds: (...given) => a.holds(...given) && b.holds(...given) };
}

function either(a: SampleRule, b: SampleRule): SampleRule {
  return { text: `(${a.text} || ${b.text})`, holds: (...given) => a.holds(...given) || b.holds(...given) };
}
