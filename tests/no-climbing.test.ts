import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsModel } from "@holdfast/framework/identity/models";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { noInput } from "@holdfast/framework/modules/input";
import { climbersCalls, footprints, walk } from "./climbing.ts";
import { companyHost } from "./company-host.ts";

const { HOLDFAST_DEEP: deep, HOLDFAST_SEED: given } = process.env;
const seed = given === undefined ? Date.now() % 1_000_000 : Number(given);
const walks = deep === "1" ? 1_000 : 15;
/** Fixed, so that whether a planted climb is found does not depend on the day. */
const plantedSeed = 20_261_122;

test("no role gains a right outside of its own by any 20 calls: users, groups, imports, mails, rules, copies", async (t) => {
  t.diagnostic(`seed ${seed}`);
  const host = await companyHost();
  try {
    const before = await footprints(host);
    let answered = 0;
    for (const login of ["cy", "ann", "bo"])
      for (let n = 0; n < walks; n++)
        answered += await walk(host, login, climbersCalls(host, seed + n, login));
    assert.deepEqual(await footprints(host), before);
    assert.ok(answered > 3 * walks, `${answered} of the calls did something: else the walk climbs nothing`);
  } finally {
    await host.close();
  }
});

const plants: readonly (readonly [string, Partial<App>])[] = [
  ["a right to change users", { rights: [{ group: "sales.user", model: "res.users", allow: ["write"] }] }],
  [
    "a right to add rights",
    { rights: [{ group: "sales.user", model: "ir.model.access", allow: ["create"] }] },
  ],
  [
    "a method that does in a system scope what its caller asks for",
    {
      extensions: [
        {
          model: "res.partner",
          methods: {
            promote: remoteMethod({
              label: "Promote",
              on: "records",
              effect: "write",
              input: noInput,
              run: (env) =>
                env.system("a planted climb", async (system) => {
                  const groups = await system.of(groupsModel).search([["key", "=", "base.admin"]]);
                  await system
                    .model("res.users")
                    .write([env.actor.userId ?? 0], { groups_id: groups.map((id) => [4, id]) } as never);
                }),
            }),
          },
        },
      ],
    },
  ],
];

for (const [name, plant] of plants)
  test(`${name}, planted, is climbed by that walk`, async () => {
    const app: App = {
      name: "hole",
      label: "Hole",
      version: "1",
      depends: ["base", "contacts", "sales"],
      models: [],
      ...plant,
    };
    const host = await companyHost({ more: [app] });
    try {
      const before = await footprints(host);
      for (let n = 0; n < 40; n++) {
        await walk(host, "ann", climbersCalls(host, plantedSeed + n, "ann"));
        if (JSON.stringify(await footprints(host)) !== JSON.stringify(before)) return;
      }
      assert.fail("nobody climbed");
    } finally {
      await host.close();
    }
  });
