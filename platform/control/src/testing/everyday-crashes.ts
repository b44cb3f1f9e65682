import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { present } from "@holdfast/kernel/assert";
import { pointsOf } from "../failpoint.ts";
import { kinds } from "../kinds/kinds.ts";
import {
  killedAtEach,
  makeBase,
  type Outcome,
  stories,
  undisturbed,
  undoneKilledAtEach,
  unmade,
} from "./fault-case.ts";
import { Installation } from "./installation.ts";

/** After what was done, before it was noted: the step runs twice. */
const atDone = (points: readonly string[]): string[] => points.filter((point) => point.endsWith("/done"));

/**
 * The everyday selection of crash tests for one kind: one operation killed after each of its steps, one
 * after each step of its undoing. tests/faults/ has each point of every kind by itself.
 */
export function describeCrashes(name: string): void {
  const story = present(
    stories.find((each) => each.kind === name),
    `a story of ${name}`,
  );
  const kind = present(
    kinds.find((each) => each.kind === name),
    `the kind ${name}`,
  );
  const { forward, backward } = pointsOf(kind);

  describe(`${name} under kill -9 of control`, () => {
    let installation: Installation;
    let expected: Outcome;
    before(async () => {
      installation = await Installation.start();
      await makeBase(installation);
      expected = await undisturbed(installation, story);
    });
    after(() => installation?.remove());

    test("after each of its steps leaves what an undisturbed one leaves", async () => {
      assert.deepEqual(await killedAtEach(installation, story, atDone(forward)), expected);
    });

    test("after each step of its undoing leaves nothing", async () => {
      const points = { last: forward.at(-3) ?? "", points: backward };
      assert.deepEqual(await undoneKilledAtEach(installation, story, points), {
        state: "cancelled",
        message: "the operation was cancelled",
        change: unmade(story),
      });
    });
  });
}
