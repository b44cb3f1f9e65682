import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { Condition } from "../model/condition.ts";
import { archivedOut, evaluateDomain, type PlainRow, type PlainWorld } from "../model/condition-memory.ts";
import type { View } from "../model/keyed.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { tableOf } from "../model/storage.ts";
import type { Database } from "../sql/database.ts";
import { ident, sql } from "../sql/sql.ts";
import { loadRows } from "./load-rows.ts";
import { sampleDomains } from "./sample-domains.ts";
import { sampleModels } from "./sample-models.ts";
import { type SampleRows, sampleRows } from "./sample-rows.ts";

type Raw = readonly unknown[];

/** The code under test; a planted mutant is the same functions from a copy of the sources with one change. */
export interface DomainCode {
  readonly parseDomain: typeof import("../model/domain.ts").parseDomain;
  readonly conditionSql: typeof import("../model/condition-sql.ts").conditionSql;
  readonly unruled: typeof import("../model/condition-context.ts").unruled;
  readonly Aliases: typeof import("../model/condition-context.ts").Aliases;
}

export interface OracleRun {
  readonly database: Database;
  readonly registry: Registry;
  readonly seed: number;
  /** Databases full of rows. */
  readonly worlds: number;
  /** Domains asked in each. */
  readonly domains: number;
  /** `false`: the first disagreement will do, it is not made smaller. */
  readonly shrink?: boolean;
}

/** One question: a domain of a model, and the rule that each model's records must meet. */
interface Question {
  readonly model: string;
  readonly domain: Raw;
  readonly rules: Readonly<Record<string, Raw>>;
  readonly archivedHidden: boolean;
  /** Whose language and company. */
  readonly view: Pick<View, "language" | "companyId">;
}

/**
 * Asks random domains under random rules of random rows, in PostgreSQL and in memory.
 *
 * @throws when the two disagree, or when a domain and its negation do not part the readable records; the
 * message holds the smallest case found and its seed.
 */
export async function compareWithOracle(code: DomainCode, run: OracleRun): Promise<void> {
  const worlds = fc.sample(sampleRows, { seed: run.seed, numRuns: run.worlds });
  for (const [i, rows] of worlds.entries()) {
    await loadRows(run.database, rows);
    const property = fc.asyncProperty(question, (asked) => answerAlike(code, run, rows, asked));
    await fc.assert(property, {
      seed: run.seed + i,
      numRuns: run.domains,
      endOnFailure: run.shrink === false,
    });
  }
}

/** Rules that show all, all but a few, or whatever a domain says. */
const small = (model: "person" | "team" | "tag") =>
  fc.oneof(
    fc.constant<Raw>([]),
    fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })
      .map((ids): Raw => [["id", "not in", ids]]),
    sampleDomains(model),
  );

const question: fc.Arbitrary<Question> = fc
  .record({
    model: fc.constantFrom<("person" | "team" | "tag")[]>("person", "team", "tag"),
    archivedHidden: fc.boolean(),
    view: fc.record({
      language: fc.constantFrom("en_US" as const, "de_DE" as const, "pl_PL" as const),
      companyId: fc.constantFrom(null, 1, 3),
    }),
    rules: fc.record({
      "sample.person": small("person"),
      "sample.team": small("team"),
      "sample.tag": small("tag"),
    }),
  })
  .chain(({ model, ...rest }) =>
    sampleDomains(model).map((domain) => ({ model: `sample.${model}`, ...rest, domain })),
  );

async function answerAlike(
  code: DomainCode,
  run: OracleRun,
  rows: SampleRows,
  asked: Question,
): Promise<void> {
  const negation = ["!", ...grouped(asked.domain)];
  const [found, others] = await Promise.all([
    inDatabase(code, run, asked, asked.domain),
    inDatabase(code, run, asked, negation),
  ]);
  deepStrictEqual(
    found,
    inMemory(run, rows, asked),
    `SQL and memory disagree on ${JSON.stringify(asked.domain)}`,
  );
  deepStrictEqual(
    others,
    inMemory(run, rows, { ...asked, domain: negation }),
    `SQL and memory disagree on ${JSON.stringify(negation)}`,
  );
  const anyone = asked.domain.filter((item) => Array.isArray(item) && item[0] === "active").slice(0, 1);
  const readable = inMemory(run, rows, {
    ...asked,
    domain: anyone.map(() => ["active", "in", [true, false]]),
  });
  deepStrictEqual(
    [...found, ...others].sort(byNumber),
    readable,
    "a domain and its negation part the readable records",
  );
}

/** One term of all: `!` takes the first term alone. */
function grouped(domain: Raw): Raw {
  let open = 0;
  const starts: number[] = [];
  for (const [i, item] of domain.entries()) {
    if (open === 0) [starts[starts.length], open] = [i, 1];
    open += item === "!" ? 0 : typeof item === "string" ? 1 : -1;
  }
  return starts.length === 0 ? [[1, "=", 1]] : [...Array(starts.length - 1).fill("&"), ...domain];
}

async function inDatabase(code: DomainCode, run: OracleRun, asked: Question, domain: Raw): Promise<number[]> {
  const model = run.registry.model(asked.model);
  const everyField = new Set([
    "id",
    "display_name",
    ...sampleModels.flatMap((model) => Object.keys(model.fields)),
  ]);
  const scope = { registry: run.registry, readable: () => everyField };
  const rules = new Map<string, Condition>();
  for (const one of sampleModels)
    rules.set(one.name, code.parseDomain(asked.rules[one.name] ?? [], one, scope));
  const ruleOf = (one: Model) => rules.get(one.name) ?? null;
  const context = { alias: "m", aliases: new code.Aliases({ ...asked.view, forAll: false }) };
  const rule = code.conditionSql(rules.get(asked.model) as Condition, { ...context, ruleOf: code.unruled });
  const asking = asked.archivedHidden ? { ...scope, archived: "hidden" as const } : scope;
  const holds = code.conditionSql(code.parseDomain(domain, model, asking), { ...context, ruleOf });
  const statement = sql`SELECT m.id FROM ${ident(tableOf(model))} m WHERE ${rule} AND ${holds} ORDER BY m.id`;
  const found = await run.database.tuples(statement);
  return found.map(([id]) => Number(id));
}

function inMemory(run: OracleRun, rows: SampleRows, asked: Question): number[] {
  const free: PlainWorld = {
    registry: run.registry,
    rows: (name) => rows[name] ?? [],
    visible: () => true,
    archivedHidden: false,
    ...asked.view,
  };
  const visible = (name: string, row: PlainRow) =>
    evaluateDomain(asked.rules[name] ?? [], run.registry.model(name), row, free);
  const known = new Map<string, boolean>();
  const seen = (name: string, row: PlainRow) => {
    const key = `${name} ${row.id}`;
    const answer = known.get(key) ?? visible(name, row);
    known.set(key, answer);
    return answer;
  };
  const world: PlainWorld = { ...free, visible: seen, archivedHidden: asked.archivedHidden };
  const model = run.registry.model(asked.model);
  return (rows[asked.model] ?? [])
    .filter(
      (row) =>
        seen(asked.model, row) &&
        !archivedOut(row, asked.domain, world) &&
        evaluateDomain(asked.domain, model, row, world),
    )
    .map((row) => row.id);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
