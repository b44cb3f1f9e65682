import { deepStrictEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { buildRegistry } from "../model/build-registry.ts";
import { person, sampleApp, team } from "../testing/sample-models.ts";
import { publicActor } from "./actor.ts";
import { explain } from "./explain.ts";

const registry = buildRegistry([
  sampleApp({
    groups: [{ key: "sample.user", label: "User" }],
    rights: [{ group: "sample.user", model: person.name, allow: ["read", "write"] }],
    rules: [
      { key: "all", model: person.name, label: "Nobody sees the former", condition: "kind != 'former'" },
      {
        key: "own",
        model: person.name,
        label: "Users see their own",
        groups: ["sample.user"],
        condition: "create_uid == actor.user_id",
      },
      {
        key: "boss",
        model: person.name,
        label: "Bosses see all",
        groups: ["sample.boss"],
        condition: "true",
      },
    ],
  }),
]);
const user = { ...publicActor, groups: new Set(["sample.user"]) };

describe("explaining access", () => {
  test("names the grant, the rules that bind, and the fields that are not there", () => {
    deepStrictEqual(explain(registry, user, person, "write"), {
      model: "sample.person",
      operation: "write",
      allowed: true,
      system: false,
      granting: [{ key: "sample.user", label: "User" }],
      everyRule: [
        { key: "all", label: "Nobody sees the former", condition: "kind != 'former'", added: false },
      ],
      oneRule: [
        { key: "own", label: "Users see their own", condition: "create_uid == actor.user_id", added: false },
      ],
      oneAddedRule: [],
      addedGrants: [],
      beyondKey: null,
      hiddenFields: [
        { field: "salary", shownTo: [{ key: "sample.boss", label: "Boss" }] },
        { field: "badge", shownTo: [{ key: "sample.boss", label: "Boss" }] },
        { field: "token", shownTo: [] },
      ],
    });
  });

  test("names the groups that would grant what is denied", () => {
    const { allowed, granting } = explain(registry, publicActor, person, "read");
    deepStrictEqual([allowed, granting.map((group) => group.key)], [false, ["sample.user"]]);
    deepStrictEqual(explain(registry, user, team, "read").granting, []);
  });

  test("says that a system scope is bound by nothing", () => {
    const { allowed, system, everyRule, hiddenFields } = explain(
      registry,
      { ...user, kind: "system" },
      person,
      "delete",
    );
    deepStrictEqual([allowed, system, everyRule, hiddenFields], [true, true, [], []]);
  });
});
