import assert from "node:assert/strict";
import { test } from "node:test";
import { partnerModel } from "@holdfast/app-base/partner";
import { groupsModel, usersModel } from "@holdfast/framework/identity/models";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { noInput } from "@holdfast/framework/modules/input";
import { standardMethods } from "@holdfast/framework/remote/standard-methods";
import { ExpectedError } from "@holdfast/kernel/errors";
import { climbersCalls, footprints, walk } from "./climbing.ts";
import { walkTogether } from "./climbing-together.ts";
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

test("nor with an administrator beside them who adds rights and rules, gives groups, deletes and restores", async (t) => {
  t.diagnostic(`seed ${seed}`);
  let [answered, restored] = [0, 0];
  const rounds = deep === "1" ? 200 : 2;
  for (let n = 0; n < rounds; n++) {
    // Each walk in a database of its own: an administrator leaves another one behind.
    const host = await companyHost();
    try {
      const done = await walkTogether(host, seed + n);
      answered += done.answered;
      restored += done.restored;
    } finally {
      await host.close();
    }
  }
  t.diagnostic(`${answered} answered, ${restored} restored`);
  assert.ok(answered > 5 * rounds, `${answered} of the calls did something: else the walk climbs nothing`);
  assert.ok(restored > 0, "something was restored: else the walk never came back");
});

const inputOf = (name: string) => standardMethods.get(name)?.input ?? noInput;

const togetherPlants: readonly (readonly [string, Partial<App>])[] = [
  [
    "a restoring that asks nobody",
    {
      extensions: ["res.partner", "sale.order", "product.template"].map((model) => ({
        model,
        methods: {
          trash_restore: remoteMethod({
            label: "Restore",
            on: "records",
            effect: "write",
            input: inputOf("trash_restore"),
            run: (env, ids) =>
              env.system("a planted climb", async (system) => {
                const there = await system.model("hf.trash").search([["res_model", "=", model]]);
                const all = await system.model("hf.trash").read(there, ["res_id" as never]);
                const known = (all as unknown as { res_id: number }[]).map((one) => one.res_id);
                const wanted = ids.filter((id) => known.includes(id));
                if (wanted.length !== ids.length) throw new ExpectedError("not_found", "not there");
                return system.model(model).trashed.restore(ids, { leaveOut: true });
              }),
          }),
        },
      })),
    },
  ],
  [
    "a template that is filled in above all rights",
    {
      extensions: [
        {
          model: "res.partner",
          methods: {
            message_post: remoteMethod({
              label: "Post",
              on: "records",
              effect: "write",
              input: partnerModel.methods?.["message_post"]?.input ?? noInput,
              run: (env, _ids, given) =>
                env.system("a planted climb", async (system) => {
                  const rows = await system.of(usersModel).searchRead([], ["password_hash"]);
                  const hash = rows.find((row) => row.password_hash !== null)?.password_hash ?? "";
                  return String((given as { readonly body?: unknown }).body).replace(/\{\{.*\}\}/, hash);
                }),
            }),
          },
        },
      ],
    },
  ],
  [
    "a message that adds a rule above all rights",
    {
      extensions: [
        {
          model: "res.partner",
          methods: {
            message_post: remoteMethod({
              label: "Post",
              on: "records",
              effect: "write",
              input: partnerModel.methods?.["message_post"]?.input ?? noInput,
              run: (env) =>
                env.system("a planted climb", async (system) => {
                  const [model_id = 0] = await system.model("ir.model").search([], { limit: 1 });
                  await system
                    .model("ir.rule")
                    .create([{ name: "x", model_id, domain_force: "true" }] as never);
                }),
            }),
          },
        },
      ],
    },
  ],
];

for (const [name, plant] of togetherPlants)
  test(`${name}, planted, is climbed by people who walk together`, async () => {
    const app: App = {
      name: "hole",
      label: "Hole",
      version: "1",
      depends: ["base", "contacts", "sales"],
      models: [],
      ...plant,
    };
    for (let n = 0; n < 5; n++) {
      const host = await companyHost({ more: [app] });
      try {
        const climbed = await walkTogether(host, plantedSeed + n).then(
          () => false,
          (error: unknown) => {
            if (error instanceof assert.AssertionError) return true;
            throw error;
          },
        );
        if (climbed) return;
      } finally {
        await host.close();
      }
    }
    assert.fail("nobody climbed");
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
