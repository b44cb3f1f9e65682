import { deepStrictEqual } from "node:assert/strict";
import { ExpectedError } from "@holdfast/kernel/errors";
import fc from "fast-check";
import { type Actor, publicActor } from "../access/actor.ts";
import type { AccessOperation, RecordRule } from "../access/policy.ts";
import { automaticFields } from "../model/automatic.ts";
import { buildRegistry } from "../model/build-registry.ts";
import { evaluateDomain, type PlainRow } from "../model/condition-memory.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { tableOf } from "../model/storage.ts";
import type { Database } from "../sql/database.ts";
import { ident, sql } from "../sql/sql.ts";
import type { DomainCode } from "./domain-oracle.ts";
import { loadRows } from "./load-rows.ts";
import { sampleDomains } from "./sample-domains.ts";
import { person, sampleApp, tag, team } from "./sample-models.ts";
import { type SampleRows, sampleRows } from "./sample-rows.ts";
import { type Asker, type SampleRule, sampleRulesOf } from "./sample-rules.ts";

/** The code under test: the domain's and the gate's. */
export interface AccessCode extends DomainCode {
  readonly gate: typeof import("../access/gate.ts").gate;
  readonly closeGroups: typeof import("../access/groups.ts").closeGroups;
}

export interface AccessRun {
  readonly database: Database;
  readonly seed: number;
  readonly worlds: number;
  /** Random policies tried in each world. */
  readonly policies: number;
  readonly shrink?: boolean;
}

interface NaiveRule {
  readonly model: string;
  readonly groups: readonly string[] | undefined;
  readonly operations: readonly AccessOperation[] | undefined;
  readonly rule: SampleRule;
}

interface Policy {
  readonly implies: readonly (readonly string[])[];
  readonly rights: readonly { group: string; model: string; allow: AccessOperation[] }[];
  readonly rules: readonly NaiveRule[];
  readonly held: readonly string[];
  readonly asker: Asker;
  readonly domains: readonly (readonly unknown[])[];
}

const models = [person, team, tag];
const operations: readonly AccessOperation[] = ["read", "write", "create", "delete"];
const groups = ["sample.g0", "sample.g1", "sample.g2", "sample.boss"];

/**
 * Compares the gate and its statements with a naive model of access that loads all rows and filters them
 * here: random groups, rights and rules over random rows, for each model and operation.
 */
export async function compareWithNaiveAccess(code: AccessCode, run: AccessRun): Promise<void> {
  const worlds = fc.sample(sampleRows, { seed: run.seed, numRuns: run.worlds });
  for (const [i, rows] of worlds.entries()) {
    await loadRows(run.database, rows);
    const property = fc.asyncProperty(policies, (policy) => decideAlike(code, run.database, rows, policy));
    await fc.assert(property, {
      seed: run.seed + i,
      numRuns: run.policies,
      endOnFailure: run.shrink === false,
    });
  }
}

const someOperations = fc.subarray([...operations], { minLength: 1 });
const modelNames = ["person", "team", "tag"] as const;
const ruleOfModel = (model: (typeof modelNames)[number]) =>
  fc.record({
    model: fc.constant(`sample.${model}`),
    groups: fc.option(fc.subarray(groups, { minLength: 1 }), { nil: undefined }),
    operations: fc.option(someOperations, { nil: undefined }),
    rule: sampleRulesOf(model),
  });

const policies: fc.Arbitrary<Policy> = fc.record({
  // A group implies only later ones.
  implies: fc.tuple(...groups.map((_, i) => fc.subarray(groups.slice(i + 1)))),
  rights: fc.array(
    fc.record({
      group: fc.constantFrom(...groups),
      model: fc.constantFrom(...models.map((model) => model.name)),
      allow: someOperations,
    }),
    { minLength: 3, maxLength: 10 },
  ),
  rules: fc.array(fc.constantFrom(...modelNames).chain(ruleOfModel), { maxLength: 6 }),
  held: fc.subarray(groups, { minLength: 1 }),
  asker: fc.record({
    userId: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
    companyIds: fc.subarray([1, 2, 3]),
    recordId: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
  }),
  domains: fc.array(sampleDomains("person"), { minLength: 1, maxLength: 3 }),
});

async function decideAlike(
  code: AccessCode,
  database: Database,
  rows: SampleRows,
  policy: Policy,
): Promise<void> {
  const registry = registryOf(policy);
  const actor: Actor = {
    ...publicActor,
    ...policy.asker,
    kind: "user",
    groups: code.closeGroups(registry.groups, policy.held),
  };
  const gate = code.gate(registry, actor);
  for (const model of models)
    for (const operation of operations) {
      const access = gate.on(model, operation);
      const expected = naiveRows(policy, rows, model.name, operation);
      deepStrictEqual(access.allowed, expected !== undefined, `${operation} ${model.name}`);
      if (!access.allowed || expected === undefined) continue;
      deepStrictEqual(
        await rowsUnder(code, database, model, access.rule),
        expected.map((row) => row.id),
        `${operation} ${model.name}`,
      );
      deepStrictEqual([...access.fields].sort(), naiveFields(policy, model), `fields of ${model.name}`);
    }
  for (const domain of policy.domains) await searchAlike(code, database, rows, { ...policy, domain }, gate);
}

async function searchAlike(
  code: AccessCode,
  database: Database,
  rows: SampleRows,
  policy: Policy & { readonly domain: readonly unknown[] },
  gate: ReturnType<AccessCode["gate"]>,
): Promise<void> {
  const readable = new Map<string, readonly PlainRow[]>(
    models.map((model) => [model.name, naiveRows(policy, rows, model.name, "read") ?? []]),
  );
  const context = { alias: "m", aliases: new code.Aliases() };
  const condition = attempt(() => code.parseDomain(policy.domain, person, gate.scope));
  if (condition === undefined) return;
  const rule = gate.ruleOf(person) ?? ({ kind: "constant", value: true } as const);
  const guard = code.conditionSql(rule, { ...context, ruleOf: code.unruled });
  const asked = code.conditionSql(condition, { ...context, ruleOf: gate.ruleOf });
  const found = await database.tuples(
    sql`SELECT m.id FROM ${ident(tableOf(person))} m WHERE ${guard} AND ${asked} ORDER BY m.id`,
  );
  const visible = (model: string, row: PlainRow) => readable.get(model)?.includes(row) ?? false;
  const { registry } = gate.scope;
  const world = { registry, rows: (name: string) => rows[name] ?? [], visible, archivedHidden: false };
  const expected =
    readable.get(person.name)?.filter((row) => evaluateDomain(policy.domain, person, row, world)) ?? [];
  deepStrictEqual(
    found.map(([id]) => id),
    expected.map((row) => row.id),
    JSON.stringify(policy.domain),
  );
}

/** A domain that speaks of what this actor may not read is refused; domain.test.ts says how. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "invalid") return undefined;
    throw error;
  }
}

function registryOf(policy: Policy): Registry {
  return buildRegistry([
    sampleApp({
      groups: groups
        .map((key, i) => ({ key, label: key, implies: policy.implies[i] ?? [] }))
        .filter(({ key }) => key !== "sample.boss"),
      rights: policy.rights,
      rules: policy.rules.map(
        ({ model, groups: of, operations: on, rule }, i): RecordRule => ({
          key: `sample.r${i}`,
          label: `Rule ${i}`,
          model,
          condition: rule.text,
          ...(of && { groups: of }),
          ...(on && { operations: on }),
        }),
      ),
    }),
  ]);
}

async function rowsUnder(
  code: AccessCode,
  database: Database,
  model: Model,
  rule: Parameters<AccessCode["conditionSql"]>[0] | null,
): Promise<unknown[]> {
  const context = { alias: "m", aliases: new code.Aliases(), ruleOf: code.unruled };
  const guard = rule === null ? sql`TRUE` : code.conditionSql(rule, context);
  const found = await database.tuples(
    sql`SELECT m.id FROM ${ident(tableOf(model))} m WHERE ${guard} ORDER BY m.id`,
  );
  return found.map(([id]) => id);
}

/** Groups held, by asking again until nothing is added. */
function naiveGroups(policy: Policy): readonly string[] {
  let held = [...policy.held];
  for (const _ of groups)
    held = [...new Set(held.flatMap((key) => [key, ...(policy.implies[groups.indexOf(key)] ?? [])]))];
  return held;
}

/** The rows that an operation reaches; undefined: the operation is denied. */
function naiveRows(
  policy: Policy,
  rows: SampleRows,
  model: string,
  operation: AccessOperation,
): readonly PlainRow[] | undefined {
  const held = naiveGroups(policy);
  const allowed = policy.rights.some(
    (right) => right.model === model && held.includes(right.group) && right.allow.includes(operation),
  );
  if (!allowed) return undefined;
  const rules = policy.rules.filter(
    (one) => one.model === model && (one.operations ?? operations).includes(operation),
  );
  const mine = rules.filter((one) => one.groups?.some((key) => held.includes(key)));
  return (rows[model] ?? []).filter((row) => {
    const holds = ({ rule }: NaiveRule) => rule.holds(row, policy.asker, rows);
    return (
      rules.filter((one) => one.groups === undefined).every(holds) && (mine.length === 0 || mine.some(holds))
    );
  });
}

function naiveFields(policy: Policy, model: Model): readonly string[] {
  const hidden = naiveGroups(policy).includes("sample.boss") ? ["token"] : ["token", "salary", "badge"];
  return [...Object.keys(automaticFields), ...Object.keys(model.fields)]
    .filter((name) => !hidden.includes(name))
    .sort();
}
