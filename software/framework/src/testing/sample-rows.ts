import fc from "fast-check";
import type { PlainRow } from "../model/condition-memory.ts";

/** Rows of the sample models by model name. */
export type SampleRows = Readonly<Record<string, readonly PlainRow[]>>;

/** Letters that fold, escape, sort or match in some special way. */
export const awkwardTexts = [
  "",
  "a",
  "A",
  "b",
  "ab",
  "aB",
  "Ab%",
  "a_b",
  "a\\b",
  "%",
  "_",
  "\\",
  "é",
  "É",
  "e\u0301",
  "ß",
  "SS",
  "ss",
  "Łódź",
  "lodz",
  "straße",
  "STRASSE",
  "œ",
  "oe",
  "zz",
  "😀",
  "\uffee",
  "'; --",
  "100%",
  "100",
  "Ünïcode",
] as const;

/** Dates at the ends of months and years, and a leap day. */
export const days = ["2024-02-29", "2025-12-31", "2026-01-01", "2026-01-02"] as const;
/** Moments at the edge of a day and of a year. */
export const moments = [
  "2025-12-31T23:59:59.999999Z",
  "2026-01-01T00:00:00Z",
  "2026-01-01T12:30:00Z",
  "2026-01-02T00:00:00Z",
] as const;
/** Integers around zero. */
export const numbers = [-1, 0, 1, 2, 5] as const;
/** Decimals as texts, one below zero. */
export const rates = ["-1.50", "0.00", "0.10", "1.00", "2.55"] as const;
/** Values of the selection. */
export const kinds = ["lead", "client", "former"] as const;

const companies = 3;
const people = 9;
const teams = 3;
const tags = 5;

const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { freq: 3, nil: null });
const idUpTo = (count: number) => fc.integer({ min: 1, max: count });
const maybeId = (count: number) => fc.option(idUpTo(count), { freq: 3, nil: null });
const texts = fc.oneof(
  { weight: 4, arbitrary: maybe(awkwardTexts) },
  { weight: 1, arbitrary: fc.constant("") },
);
/** By language; some have none in the source language. */
const translations = fc.option(
  fc.dictionary(fc.constantFrom("en_US", "de_DE", "fr_FR"), fc.constantFrom(...awkwardTexts)),
  { freq: 4, nil: null },
);
/** By company, `*` for all others; a company may have none though others have. */
const ofCompanies = (values: readonly string[]) =>
  fc.option(
    fc.dictionary(
      fc.constantFrom("1", "2", "*"),
      fc.option(fc.constantFrom(...values), { freq: 4, nil: null }),
    ),
    { freq: 4, nil: null },
  );
/** Mostly the record before (0 here), so that hierarchies get deep. */
const parentId = (count: number) => fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, maybeId(count));
const ids = (count: number) => fc.uniqueArray(idUpTo(count), { maxLength: 3 });

const personValues = fc.record({
  name: texts,
  nick: texts,
  note: texts,
  motto: translations,
  bonus: ofCompanies(rates),
  here: ofCompanies(["true", "false"]),
  age: maybe(numbers),
  rate: maybe(rates),
  born: maybe(days),
  seen: maybe(moments),
  active: fc.boolean(),
  vip: fc.boolean(),
  kind: maybe(kinds),
  parent_id: parentId(people),
  mentor_id: maybeId(people),
  team_id: maybeId(teams),
  about: fc.option(
    fc
      .tuple(fc.constantFrom("sample.team", "sample.tag"), idUpTo(tags + 1))
      .map(([model, id]) => `${model},${id}`),
    { freq: 4, nil: null },
  ),
  tag_ids: ids(tags),
  salary: maybe(numbers),
  fee: maybe(rates),
  badge: fc.nat(1_000_000),
  token: maybe(awkwardTexts),
  create_uid: maybeId(4),
});
const teamValues = fc.record({
  name: texts,
  size: maybe(numbers),
  open: fc.boolean(),
  lead_id: maybeId(people),
  company_id: maybeId(companies),
});
const tagValues = fc.record({
  name: translations,
  color: maybe(numbers),
  parent_id: parentId(tags),
  owner_ids: ids(people),
});

const rowsOf = (values: fc.Arbitrary<object>, count: number): fc.Arbitrary<PlainRow[]> =>
  fc
    .array(values, { minLength: count, maxLength: count })
    .map((all) => all.map((row, i) => finished({ ...row, id: i + 1 })));

function finished(row: PlainRow): PlainRow {
  const badge = "badge" in row ? { badge: `${row["badge"]}-${row.id}` } : {};
  const chained = row["parent_id"] === 0 ? { parent_id: row.id > 1 ? row.id - 1 : null } : {};
  return { ...row, ...badge, ...chained };
}

/** A small world: nulls, empty texts, archived people, circles in the hierarchies, empty relations. */
export const sampleRows: fc.Arbitrary<SampleRows> = fc.record({
  "sample.person": rowsOf(personValues, people),
  "sample.team": rowsOf(teamValues, teams),
  "sample.tag": rowsOf(tagValues, tags),
  "res.company": rowsOf(fc.record({ name: texts }), companies),
});
