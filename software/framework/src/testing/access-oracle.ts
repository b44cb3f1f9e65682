import { deepStrictEqual } from "node:assert/strict";
import { ExpectedError } from "@holdfast/kernel/errors";
import fc from "fast-check";
import { type Actor, publicActor } from "../access/actor.ts";
import type { AccessOperation, RecordRule, RightOperation } from "../access/policy.ts";
import { automaticFields } from "../model/automatic.ts";
import { buildRegistry } from "../model/build-registry.ts";
import { evaluateDomain, type PlainRow } from "../model/condition-memory.ts";
import { plainView } from "../model/keyed.ts";
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
  readonly addedPolicy: typeof import("../access/added-policy.ts").addedPolicy;
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
  readonly rights: readonly { group: string; model: string; allow: RightOperation[] }[];
  readonly rules: readonly NaiveRule[];
  readonly held: readonly string[];
  /** What an administrator adds; a rule without text fits no more. */
  readonly added: {
    readonly rights: readonly { group: string; model: string; allow: RightOperation[] }[];
    readonly rules: readonly (NaiveRule & { readonly fits: boolean })[];
  };
  readonly asker: Asker;
  readonly domains: readonly (readonly unknown[])[];
}

const models = [person, team, tag];
const operations: readonly AccessOperation[] = ["read", "write", "create", "delete"];
const rightOperations: readonly RightOperation[] = [...operations, "export", "import"];
const other = "sample.other";
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

const someRights = fc.subarray([...rightOperations], { minLength: 1 });
const rightOf = (allow: fc.Arbitrary<RightOperation[]>) =>
  fc.record({
    group: fc.constantFrom(...groups),
    model: fc.constantFrom(...models.map((model) => model.name)),
    allow,
  });
const randomRight = rightOf(someRights);
/** Mostly one operation, or hardly any would lie within what is declared. */
const randomAddedRight = fc.oneof(
  { weight: 3, arbitrary: rightOf(fc.constantFrom(...rightOperations).map((one) => [one])) },
  { weight: 1, arbitrary: randomRight },
);
const randomRule = fc.constantFrom(...modelNames).chain(ruleOfModel);

const policies: fc.Arbitrary<Policy> = fc.record({
  // A group implies only later ones.
  implies: fc.tuple(...groups.map((_, i) => fc.subarray(groups.slice(i + 1)))),
  // Somebody, whom the asker never is, reads everything: added rules may then speak of all fields.
  rights: fc
    .array(randomRight, { minLength: 3, maxLength: 10 })
    .map((some) => [
      ...some,
      ...models.map(({ name }) => ({ group: other, model: name, allow: ["read" as const] })),
    ]),
  rules: fc.array(randomRule, { maxLength: 6 }),
  added: fc.record({
    rights: fc.array(randomAddedRight, { maxLength: 6 }),
    rules: fc.array(
      fc.tuple(randomRule, fc.boolean(), fc.boolean()).map(([rule, ...fits]) => ({
        ...rule,
        fits: fits.includes(true),
      })),
      { maxLength: 3 },
    ),
  }),
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
    added: code.addedPolicy(registry, {
      version: "1",
      rights: policy.added.rights,
      rules: policy.added.rules.map((one, i) => recordRule({ ...one, key: `added ${i}` })),
    }),
  };
  const gate = code.gate(registry, actor);
  for (const model of models)
    for (const operation of rightOperations) {
      const access = gate.on(model, operation);
      const expected = naiveRows(policy, rows, model.name, operation);
      deepStrictEqual(access.allowed, expected !== undefined, `${operation} ${model.name}`);
      if (!access.allowed || expected === undefined || operation === "import") continue;
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
  const context = { alias: "m", aliases: new code.Aliases(plainView) };
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
  const world = {
    registry,
    rows: (name: string) => rows[name] ?? [],
    visible,
    archivedHidden: false,
    nameable: (name: string) => {
      const model = registry.model(name);
      return naiveFields(policy, model).includes(model.displayName);
    },
    language: "en_US",
    companyId: null,
  };
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
      groups: [...groups, other]
        .map((key, i) => ({ key, label: key, implies: policy.implies[i] ?? [] }))
        .filter(({ key }) => key !== "sample.boss"),
      rights: policy.rights,
      rules: policy.rules.map((one, i) => recordRule({ ...one, key: `sample.r${i}`, fits: true })),
    }),
  ]);
}

function recordRule(one: NaiveRule & { readonly key: string; readonly fits: boolean }): RecordRule {
  const { key, model, groups: of, operations: on, rule, fits } = one;
  return {
    key,
    label: key,
    model,
    condition: fits ? rule.text : "nothing == 1",
    ...(of && { groups: of }),
    ...(on && { operations: on }),
  };
}

async function rowsUnder(
  code: AccessCode,
  database: Database,
  model: Model,
  rule: Parameters<AccessCode["conditionSql"]>[0] | null,
): Promise<unknown[]> {
  const context = { alias: "m", aliases: new code.Aliases(plainView), ruleOf: code.unruled };
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

/** Who has what, by looking at every right: declared ones, and added ones all of which somebody has declared. */
function naiveRight(
  policy: Policy,
  model: string,
  operation: RightOperation,
): "declared" | "added" | undefined {
  const held = naiveGroups(policy);
  const gives = (right: Policy["rights"][number], wanted: RightOperation) =>
    right.model === model && right.allow.includes(wanted);
  if (policy.rights.some((right) => held.includes(right.group) && gives(right, operation))) return "declared";
  const within = (right: Policy["rights"][number]) =>
    right.allow.every((one) => policy.rights.some((declared) => gives(declared, one)));
  const added = policy.added.rights.some(
    (right) => held.includes(right.group) && gives(right, operation) && within(right),
  );
  return added ? "added" : undefined;
}

/** The rows that an operation reaches; undefined: the operation is denied. */
function naiveRows(
  policy: Policy,
  rows: SampleRows,
  model: string,
  operation: RightOperation,
): readonly PlainRow[] | undefined {
  if (naiveRight(policy, model, operation) === undefined) return undefined;
  if (operation === "export") return naiveRows(policy, rows, model, "read");
  if (operation === "import") return [];
  const held = naiveGroups(policy);
  const of = <R extends NaiveRule>(all: readonly R[]) =>
    all.filter((one) => one.model === model && (one.operations ?? operations).includes(operation));
  const mineOf = <R extends NaiveRule>(all: readonly R[]) =>
    all.filter((one) => one.groups?.some((key) => held.includes(key)));
  const [declared, added] = [of(policy.rules), of(policy.added.rules)];
  const guest = naiveRight(policy, model, operation) === "added" && mineOf(declared).length === 0;
  const mine = guest ? declared.filter((one) => one.groups !== undefined) : mineOf(declared);
  return (rows[model] ?? []).filter((row) => {
    const holds = ({ rule, fits = true }: NaiveRule & { readonly fits?: boolean }) =>
      fits && rule.holds(row, policy.asker, rows);
    const isOne = (some: readonly NaiveRule[]) => some.length === 0 || some.some(holds);
    const globals = [...declared, ...added].filter((one) => one.groups === undefined);
    return globals.every(holds) && isOne(mine) && isOne(mineOf(added));
  });
}

function naiveFields(policy: Policy, model: Model): readonly string[] {
  const hidden = naiveGroups(policy).includes("sample.boss")
    ? ["token"]
    : ["token", "salary", "badge", "boss_salary"];
  const beyond = [person, team].filter((one) => naiveRight(policy, one.name, "read") === undefined);
  const untold = beyond.flatMap((one) => throughModels[one.name] ?? []);
  return [...Object.keys(automaticFields), ...Object.keys(model.fields)]
    .filter((name) => !hidden.includes(name) && !untold.includes(name))
    .sort();
}

/** Related fields of the sample by a model that their path leads through. */
const throughModels: Readonly<Record<string, readonly string[]>> = {
  [person.name]: [
    ...["boss_age", "boss_seen", "boss_motto", "boss_bonus", "boss_team_id", "boss_fee", "boss_salary"],
    "lead_kind",
  ],
  [team.name]: ["team_name", "team_open", "team_lead_id", "lead_kind"],
};
