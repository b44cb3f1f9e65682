import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildRegistry } from "../model/build-registry.ts";
import { Aliases, unruled } from "../model/condition-context.ts";
import { conditionSql } from "../model/condition-sql.ts";
import { parseDomain } from "../model/domain.ts";
import { accessMutants, withAccessMutant } from "../testing/access-mutants.ts";
import { type AccessCode, compareWithNaiveAccess } from "../testing/access-oracle.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { runDepth } from "../testing/run-depth.ts";
import { person, sampleApp, team } from "../testing/sample-models.ts";
import { type Actor, linkActor, publicActor } from "./actor.ts";
import { addedPolicy } from "./added-policy.ts";
import { gate } from "./gate.ts";
import { closeGroups } from "./groups.ts";

const { deep, seed } = runDepth();
const code: AccessCode = { gate, closeGroups, addedPolicy, parseDomain, conditionSql, unruled, Aliases };
/** Fixed, so that whether a planted mistake is found does not depend on the day. */
const mutantSeed = 20_261_122;

const user = (...groups: string[]): Actor => ({
  ...publicActor,
  kind: "user",
  userId: 7,
  groups: new Set(groups),
});
const registry = buildRegistry([
  sampleApp({
    groups: [
      { key: "sample.user", label: "User" },
      { key: "link.visit", label: "Link to a person" },
    ],
    rights: [
      { group: "sample.user", model: person.name, allow: ["read"] },
      { group: "link.visit", model: person.name, allow: ["read"] },
    ],
    rules: [
      {
        key: "sample.link",
        model: person.name,
        label: "A link opens its own person",
        groups: ["link.visit"],
        condition: "id == actor.record_id",
      },
    ],
  }),
]);

describe("the gate", () => {
  test("denies a stranger, a visitor and a user whatever is not granted", () => {
    for (const actor of [user(), publicActor, user("sample.boss"), user("sample.unknown")])
      strictEqual(gate(registry, actor).on(person, "read").allowed, false);
    strictEqual(gate(registry, user("sample.user")).on(person, "write").allowed, false);
    strictEqual(gate(registry, user("sample.user")).on(team, "read").allowed, false);
  });

  test("says in plain words what is denied", () => {
    deepStrictEqual(gate(registry, user()).on(person, "delete"), {
      allowed: false,
      reason: "no group of yours may delete Person",
    });
  });

  test("shows a link's holder the one record it was made for", () => {
    const access = gate(registry, linkActor("visit", 3)).on(person, "read");
    deepStrictEqual(access.allowed && access.rule?.kind === "compare" && access.rule.value, 3);
  });

  test("keeps the values of actors with the same groups apart", () => {
    const rules = [3, 4].map((id) => gate(registry, linkActor("visit", id)).ruleOf(person));
    deepStrictEqual(
      rules.map((rule) => rule?.kind === "compare" && rule.value),
      [3, 4],
    );
  });

  test("hides fields of other groups, and secrets from everyone but a system scope", () => {
    const fields = (actor: Actor) => gate(registry, actor).scope.readable(person);
    const shown = (actor: Actor) => ["salary", "token"].map((name) => fields(actor).has(name));
    deepStrictEqual(shown(user("sample.user")), [false, false]);
    deepStrictEqual(shown(user("sample.user", "sample.boss")), [true, false]);
    deepStrictEqual(shown({ ...publicActor, kind: "system", reason: "a test" }), [true, true]);
    deepStrictEqual([...fields(user())], []);
  });

  test("lets a system scope pass without a rule", () => {
    const access = gate(registry, { ...publicActor, kind: "system", reason: "a test" }).on(team, "delete");
    deepStrictEqual(access.allowed && access.rule, null);
  });
});

describe("groups", () => {
  const groups = new Map(
    [
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["a"]],
    ].map(([key, implies]) => [
      key as string,
      { key: key as string, label: "", implies: implies as string[] },
    ]),
  );
  test("are closed over any number of steps, circles included", () => {
    deepStrictEqual([...closeGroups(groups, ["b"])], ["b", "c", "a"]);
  });
  test("that nobody declares stay and imply nothing", () => {
    deepStrictEqual([...closeGroups(groups, ["link.visit"])], ["link.visit"]);
  });
});

describe("the gate in PostgreSQL", () => {
  let sample: TestDatabase;
  before(async () => {
    sample = await testDatabase([sampleApp()], { install: false });
  });
  after(() => sample.close());

  test("decides as a naive model does that loads all rows and filters them in memory", async (t) => {
    t.diagnostic(`seed ${seed}`);
    await compareWithNaiveAccess(code, {
      ...sample,
      seed,
      worlds: deep ? 200 : 10,
      policies: deep ? 100 : 30,
    });
  });

  test("passes from a copy of the sources in which nothing is changed", () =>
    withAccessMutant(
      { name: "none", file: "access/gate.ts", from: "every(rules)", to: "every(rules)" },
      (copy) => compareWithNaiveAccess(copy, { ...sample, seed: mutantSeed, worlds: 3, policies: 20 }),
    ));

  for (const mutant of accessMutants)
    test(`is held against the naive model: caught when ${mutant.name}`, async () => {
      const run = { ...sample, seed: mutantSeed, worlds: 10, policies: 30, shrink: false };
      await withAccessMutant(mutant, (mutated) =>
        rejects(compareWithNaiveAccess(mutated, run), /Property failed/),
      );
    });
});
