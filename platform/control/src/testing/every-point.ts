import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { present } from "@holdfast/kernel/assert";
import { pointsOf } from "../failpoint.ts";
import { kinds } from "../kinds/kinds.ts";
import {
  cancelledAt,
  failingAt,
  killedAt,
  makeBase,
  type Outcome,
  stories,
  undisturbed,
  unmade,
} from "./fault-case.ts";
import { Installation } from "./installation.ts";

/**
 * Every fault at every point of one kind of operation, each on an operation of its own: killed, cancelled,
 * killed while it is undone, failing. The points come from the declared steps, so a new step joins by itself.
 */
export function describeEveryPoint(name: string): void {
  const kind = present(
    kinds.find((each) => each.kind === name),
    `the kind ${name}`,
  );
  const story = present(
    stories.find((each) => each.kind === name),
    `a story of ${name}`,
  );
  const { forward, backward } = pointsOf(kind);
  const point = (step: string, at: string): string => `${name}/${step}/${at}`;
  const names = kind.steps.map((step) => step.name);
  const noReturn = kind.steps.findIndex(({ irreversible }) => irreversible);
  const reversible = noReturn < 0 ? names : names.slice(0, noReturn);
  const last = point(reversible.at(-1) ?? "", "begin");

  describe(name, () => {
    let installation: Installation;
    let expected: Outcome;
    const undone = { state: "cancelled", message: "the operation was cancelled", change: unmade(story) };

    before(async () => {
      installation = await Installation.start();
      await makeBase(installation);
      expected = await undisturbed(installation, story);
    });
    after(() => installation?.remove());

    for (const at of forward)
      test(`killed at ${at} ends as if undisturbed`, async () => {
        assert.deepEqual(await killedAt(installation, story, at), expected);
      });

    for (const step of reversible)
      test(`cancelled before "${step}" leaves nothing`, async () => {
        const at = { point: point(step, "begin") };
        assert.deepEqual(await cancelledAt(installation, story, at), undone);
      });

    for (const at of backward.slice(names.length - reversible.length))
      test(`killed at ${at} leaves nothing`, async () => {
        const outcome = await cancelledAt(installation, story, { point: last, dyingAgainAt: at });
        assert.deepEqual(outcome, undone);
      });

    for (const step of reversible)
      test(`failing at "${step}" leaves nothing and says why`, async () => {
        assert.deepEqual(await failingAt(installation, story, step), {
          state: "failed",
          message: "a fault test wanted this step to fail",
          change: unmade(story),
        });
      });

    test("then works as ever", async () => {
      assert.deepEqual(await undisturbed(installation, story), expected);
    });
  });
}
