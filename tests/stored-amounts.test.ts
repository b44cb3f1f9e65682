// Stored computed values against a few lines that compute them anew: whatever order changes come in, in one
// transaction or in several, what computes share (docs/decisions/0036) must never show in an amount.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { baseApp } from "@holdfast/app-base/app";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import type { Environment, Parts } from "@holdfast/framework/model/environment";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { staleHand } from "@holdfast/framework/testing/stale-hand";
import { quotationWorld, type World, wrongAmounts } from "./quotation-oracle.ts";
import { RandomQuotations, randomDice } from "./random-quotations.ts";

const seed = Number(process.env["HOLDFAST_SEED"] ?? 20261122);
const rounds = process.env["HOLDFAST_DEEP"] === undefined ? 8 : 300;

let db: TestDatabase;
let world: World;
before(async () => {
  db = await testDatabase([baseApp, contactsApp, productsApp, salesApp]);
  world = await db.data.writing(db.system(), quotationWorld);
});
after(() => db.close());

class Refused extends Error {}

async function check(env: Environment, run: RandomQuotations) {
  const found = await wrongAmounts(env, world, run.orders, (id) => !run.old.has(id));
  if (found.length > 0)
    throw new assert.AssertionError({ message: `${run.log.join(" ")}\n${found.join("\n")}` });
}

/** Throws what came out wrong. */
async function runs(from: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const dice = randomDice(from + i);
    const run = new RandomQuotations(dice, world);
    run.log.push(`seed ${from + i}:`);
    for (let tx = 0; tx < 3; tx++) {
      const [before, old] = [[...run.orders], new Set(run.old)];
      const steps = 1 + dice.below(5);
      run.log.push("|");
      try {
        if (dice.chance(0.3))
          await db.data.inParts(db.system(), async ({ env, attempt }: Parts) => {
            for (let s = 0; s < steps; s++) {
              if (dice.chance(0.3)) await run.step(env);
              const [mine, was] = [[...run.orders], new Set(run.old)];
              await attempt(async (part) => {
                await run.step(part);
                await check(part, run);
                if (dice.chance(0.4)) throw new Refused();
              }).catch((error) => {
                if (!(error instanceof Refused)) throw error;
                run.orders.splice(0, run.orders.length, ...mine);
                run.old = was;
                run.log.push("x");
              });
              await check(env, run);
            }
          });
        else
          await db.data.writing(db.system(), async (env) => {
            for (let s = 0; s < steps; s++) {
              await run.step(env);
              await check(env, run);
            }
            if (dice.chance(0.5)) {
              await run.touch(env);
              await check(env, run);
            }
            if (dice.chance(0.15)) throw new Refused();
          });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        run.orders.splice(0, run.orders.length, ...before);
        run.old = old;
        run.log.push("X");
      }
      await check(db.data.reading(db.system()), run);
    }
  }
}

test(`stored amounts are what a few independent lines come to (HOLDFAST_SEED=${seed})`, () =>
  runs(seed, rounds));

test("a value that is kept although it changed is noticed", async () => {
  using _stale = staleHand();
  await assert.rejects(runs(seed, 10 * rounds));
});
