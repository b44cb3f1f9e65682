import assert from "node:assert/strict";
import { pointsOf } from "../../failpoint.ts";
import { kinds } from "../../kinds/kinds.ts";
import type { OperationKind } from "../../operations/step.ts";
import { type Story, stories } from "../fault-case.ts";
import type { Fault } from "./fault.ts";
import { failingAt, harmed, type Outcome, undisturbed } from "./story-runs.ts";

/** Control asks for these itself when it starts, so that a kill and a start between ask again. */
const askedByControl = ["database.upgrade"];

/**
 * Kills, cancellations and failures at every step of every kind of operation. Both lists come from the
 * declarations: a new kind or a new step joins by itself, and a kind without a story is a failed fault.
 */
export function pointFaults(
  from: readonly OperationKind[] = kinds,
  told: readonly Story[] = stories,
): Fault[] {
  return from
    .filter(({ kind }) => !askedByControl.includes(kind))
    .flatMap((kind) => {
      const story = told.find((each) => each.kind === kind.kind);
      return story ? [...chains(kind, story), ...singles(kind, story)] : [untold(kind)];
    });
}

const common = { alarm: null } as const;

function untold({ kind }: OperationKind): Fault {
  const run = (): Promise<void> =>
    Promise.reject(new Error(`"${kind}" has no story: add one to testing/fault-case.ts`));
  return { ...common, name: `${kind}/has a story`, count: 1, quick: true, run };
}

/** Steps before the first that cannot be undone. */
function reversible({ steps }: OperationKind): string[] {
  const noReturn = steps.findIndex((step) => step.irreversible);
  return (noReturn < 0 ? steps : steps.slice(0, noReturn)).map((step) => step.name);
}

/** One operation killed after each of its steps, another after each step of its undoing: each step runs twice. */
function chains(kind: OperationKind, story: Story): Fault[] {
  const { forward, backward } = pointsOf(kind);
  const done = forward.filter((point) => point.endsWith("/done"));
  const steps = reversible(kind);
  const undone = backward.slice(kind.steps.length - steps.length);
  const last = `${kind.kind}/${steps.at(-1)}/begin`;
  const forwards: Fault = {
    ...common,
    name: `${kind.kind}/killed after each of its steps`,
    count: done.length,
    quick: true,
    run: async (stage) => {
      const expected = await undisturbed(stage, story);
      assert.deepEqual(await harmed(stage, story, { killedAt: done }), expected);
    },
  };
  if (steps.length === 0) return [forwards];
  const backwards: Fault = {
    ...common,
    name: `${kind.kind}/killed after each step of its undoing`,
    count: undone.length,
    quick: true,
    run: async (stage) => {
      const harm = { killedAt: [last], cancelled: true, undoneKilledAt: undone } as const;
      assert.deepEqual(await harmed(stage, story, harm), cancelled(story));
    },
  };
  return [forwards, backwards];
}

/** Every point by itself: killed, cancelled, killed while it is undone, failing. */
function singles(kind: OperationKind, story: Story): Fault[] {
  const { forward, backward } = pointsOf(kind);
  const steps = reversible(kind);
  const begin = (step: string): string => `${kind.kind}/${step}/begin`;
  const one = (name: string, run: Fault["run"]): Fault => ({ ...common, name, count: 1, quick: false, run });
  return [
    ...forward.map((point) =>
      one(`${point}: killed`, async (stage) => {
        const expected = await undisturbed(stage, story);
        assert.deepEqual(await harmed(stage, story, { killedAt: [point] }), expected);
      }),
    ),
    ...steps.map((step) =>
      one(`${begin(step)}: cancelled`, async (stage) => {
        const harm = { killedAt: [begin(step)], cancelled: true } as const;
        assert.deepEqual(await harmed(stage, story, harm), cancelled(story));
      }),
    ),
    ...backward.slice(kind.steps.length - steps.length).map((point) =>
      one(`${point}: killed`, async (stage) => {
        const killedAt = [begin(steps.at(-1) ?? "")];
        const harm = { killedAt, cancelled: true, undoneKilledAt: [point] } as const;
        assert.deepEqual(await harmed(stage, story, harm), cancelled(story));
      }),
    ),
    ...steps.map((step) =>
      one(`${begin(step)}: failing`, async (stage) => {
        assert.deepEqual(await failingAt(stage, story, step), {
          state: "failed",
          message: "a fault test wanted this step to fail",
          change: unmade(story),
        });
      }),
    ),
  ];
}

const cancelled = (story: Story): Outcome => ({
  state: "cancelled",
  message: "the operation was cancelled",
  change: unmade(story),
});

/** What an undone operation leaves: of a backup the note that it was tried, else nothing. */
function unmade(story: Story): string[] {
  return story.kind === "backup.take" ? ["+ row of backup ID: failed of base"] : [];
}
