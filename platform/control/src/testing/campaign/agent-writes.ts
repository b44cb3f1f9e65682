import assert from "node:assert/strict";
import { type Story, stories } from "../fault-case.ts";
import type { Fault } from "./fault.ts";
import type { Stage } from "./stage.ts";
import { observe, undisturbed } from "./story-runs.ts";

/** Stories whose agent is killed with every change, at so many of its writes; in a whole run all, at more. */
const quickKinds = ["restore.undo", "database.delete"];
const kills = { quick: 2, whole: 6 } as const;

/**
 * The agent dies right before one of its own writes: a rename, a removal, a flush, a statement, an answer. There are
 * hundreds in a story; some are drawn of all that an undisturbed run made.
 */
export function agentWriteFaults(): Fault[] {
  return stories.flatMap((story) => [
    killed(story, { count: kills.whole, quick: false }),
    ...(quickKinds.includes(story.kind) ? [killed(story, { count: kills.quick, quick: true })] : []),
  ]);
}

function killed(story: Story, { count, quick }: { readonly count: number; readonly quick: boolean }): Fault {
  return {
    name: `${story.kind}/the agent dies at ${count} of its own writes`,
    count,
    quick,
    alarm: null,
    run: async (stage) => {
      const expected = await undisturbed(stage, story);
      const writes = await counted(stage, story);
      for (let kill = 0; kill < count; kill++) {
        const at = 1 + Math.floor(stage.random() * writes);
        const outcome = await observe(stage, story, async (ask) => void (await dieAt(stage, at, ask)));
        assert.deepEqual(outcome, expected, `killed before write ${at} of ${writes}`);
      }
    },
  };
}

/** How many writes the agent makes when nothing happens. */
async function counted(stage: Stage, story: Story): Promise<number> {
  let writes = 0;
  await observe(stage, story, async (ask) => {
    stage.installation.dieAt.arm(Number.POSITIVE_INFINITY);
    await ask();
    writes = stage.installation.dieAt.disarm();
  });
  assert.ok(writes > 0, "the agent writes something");
  return writes;
}

/**
 * Has the agent die at one of its writes while something is asked, and starts it again; whoever asked may see the death.
 *
 * @returns whether it came to that write.
 */
export async function dieAt(
  { installation }: Stage,
  write: number,
  ask: () => Promise<unknown>,
): Promise<boolean> {
  const { agent, dieAt: order } = installation;
  order.arm(write);
  const asked = ask().catch(() => undefined);
  await Promise.race([agent.ended, asked]);
  const hasDied = order.disarm() >= write;
  if (hasDied) {
    await agent.ended;
    await installation.startAgent();
  }
  await asked;
  return hasDied;
}
