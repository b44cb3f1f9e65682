import { deepStrictEqual } from "node:assert/strict";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import fc from "fast-check";
import type { DataSource } from "../model/environment.ts";
import type { Fields } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { App } from "../modules/app.ts";
import type { Database } from "../sql/database.ts";
import { attackerCalls, type Call } from "./attacker-calls.ts";
import { withOtherSecrets } from "./attacker-worlds.ts";
import { testActor } from "./database.ts";
import { loadRows } from "./load-rows.ts";
import { person, sampleApp, sampleModels, team } from "./sample-models.ts";
import { sampleRows } from "./sample-rows.ts";

const secrets = ["salary", "badge", "token", "boss_salary"];

/**
 * What the attacker may do: everything with people who are not former, with teams that are open, and with
 * tags; not see salaries, badges and tokens.
 *
 * @param secretFields - `false`: a product that never had these fields.
 */
export function attackedApp(secretFields: boolean): App {
  const allow = ["read", "write", "create", "delete", "export"] as const;
  return sampleApp({
    models: sampleModels.map(
      (model): Model => (secretFields ? model : { ...model, fields: withoutSecrets(model) }),
    ),
    groups: [{ key: "sample.user", label: "User" }],
    rights: sampleModels.map((model) => ({ group: "sample.user", model: model.name, allow })),
    rules: [
      { key: "current", model: person.name, label: "Nobody sees the former", condition: "kind != 'former'" },
      { key: "open", model: team.name, label: "Closed teams are closed", condition: "open" },
    ],
  });
}

function withoutSecrets(model: Model): Fields {
  return Object.fromEntries(Object.entries(model.fields).filter(([name]) => !secrets.includes(name)));
}

/** Holds all that {@link attackedApp} gives, and neither salaries, badges nor tokens. */
export const attacker = testActor({ groups: ["sample.user"], userId: 1 });

/** One of two products that differ in nothing but what the attacker may not know. */
export interface Twin {
  readonly database: Database;
  readonly registry: Registry;
}

export interface AttackRun {
  readonly openData: typeof import("../model/data-source.ts").openData;
  readonly seed: number;
  readonly worlds: number;
  /** Calls made in each pair of worlds. */
  readonly calls: number;
  readonly shrink?: boolean;
}

/**
 * Makes random calls to both twins. An answer that differs is a bit of the secret: a reading, an order, a
 * count, an id, or a word of an error.
 *
 * @throws with the call that told the twins apart.
 */
export async function attack(twins: readonly [Twin, Twin], run: AttackRun): Promise<void> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const data = twins.map((twin) => run.openData({ ...twin, clock }));
  const worlds = fc.sample(fc.tuple(sampleRows, sampleRows), { seed: run.seed, numRuns: run.worlds });
  for (const [i, [rows, others]] of worlds.entries()) {
    const [one, other] = twins;
    await loadRows(one.database, rows, [...one.registry.models.values()]);
    await loadRows(other.database, withOtherSecrets(rows, others), [...other.registry.models.values()]);
    const property = fc.asyncProperty(attackerCalls, async (asked) => {
      const [seen, seenThere] = await Promise.all(data.map((source) => answer(source, asked)));
      deepStrictEqual(seen, seenThere, `${asked.name} tells the twins apart`);
    });
    await fc.assert(property, { seed: run.seed + i, numRuns: run.calls, endOnFailure: run.shrink === false });
  }
}

/** What the attacker sees of a call. Changes are seen through the attacker's own eyes and then undone. */
export async function answer(data: DataSource, call: Call): Promise<unknown> {
  class Undo extends Error {}
  let seen: unknown;
  try {
    await data.writing(attacker, async (env) => {
      seen = await call.run(env);
      throw new Undo();
    });
  } catch (error) {
    if (error instanceof Undo) return plain(seen);
    if (!(error instanceof ExpectedError)) throw error;
    return plain({ code: error.code, message: error.message, hint: error.hint, about: error.about });
  }
  return undefined;
}

/** Values of Temporal as text, so that answers can be compared. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
