import { strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { buildRegistry } from "../model/build-registry.ts";
import { sampleApp } from "../testing/sample-models.ts";
import { accessMatrix } from "./matrix.ts";

test("the matrix says in plain words who may do what with which records", () => {
  const registry = buildRegistry([
    sampleApp({
      groups: [
        { key: "sample.user", label: "User" },
        { key: "sample.manager", label: "Manager", implies: ["sample.user"] },
      ],
      rights: [
        { group: "sample.user", model: "sample.person", allow: ["read", "write", "export"] },
        { group: "sample.manager", model: "sample.person", allow: ["delete"] },
        { group: "link.visit", model: "sample.person", allow: ["read"] },
        { group: "sample.user", model: "sample.tag", allow: ["read"] },
      ],
      rules: [
        {
          key: "a",
          model: "sample.person",
          label: "Nobody touches the former",
          operations: ["write", "delete"],
          condition: "kind != 'former'",
        },
        {
          key: "b",
          model: "sample.person",
          label: "Users see their own",
          groups: ["sample.user"],
          condition: "create_uid == actor.user_id",
        },
        {
          key: "c",
          model: "sample.person",
          label: "Managers see very important ones",
          groups: ["sample.manager"],
          condition: "vip",
        },
        {
          key: "d",
          model: "sample.person",
          label: "A link opens its own",
          groups: ["link.visit"],
          condition: "id == actor.record_id",
        },
        {
          key: "e",
          model: "sample.tag",
          label: "Users see all tags",
          groups: ["sample.user"],
          condition: "true",
        },
      ],
    }),
  ]);
  strictEqual(
    accessMatrix(registry).split("\n").slice(7).join("\n"),
    `Company (res.company)
  nobody but the product itself

Person (sample.person)
  link.visit                           read                           where 4
  Manager                              read, export                   where 2 or 3
  Manager                              change, delete                 where 1 and (2 or 3)
  User                                 read, export                   where 2
  User                                 change                         where 1 and 2
    1  Nobody touches the former: kind != 'former'
    2  Users see their own: create_uid == actor.user_id
    3  Managers see very important ones: vip
    4  A link opens its own: id == actor.record_id
    field salary: only Boss
    field badge: only Boss
    field token: nobody but the product itself
    field team_name: whoever may read each step of team_id.display_name
    field team_open: whoever may read each step of team_id.open
    field team_lead_id: whoever may read each step of team_id.lead_id
    field lead_kind: whoever may read each step of team_id.lead_id.kind
    field boss_age: whoever may read each step of parent_id.age
    field boss_seen: whoever may read each step of parent_id.seen
    field boss_motto: whoever may read each step of parent_id.motto
    field boss_bonus: whoever may read each step of parent_id.bonus
    field boss_team_id: whoever may read each step of parent_id.team_id
    field boss_fee: whoever may read each step of parent_id.fee
    field boss_salary: whoever may read each step of parent_id.salary
    field badge: no two records alike, hidden ones counted

Tag (sample.tag)
  Manager                              read                           all records
  User                                 read                           all records
    1  Users see all tags: true

Team (sample.team)
  nobody but the product itself
`,
  );
});
