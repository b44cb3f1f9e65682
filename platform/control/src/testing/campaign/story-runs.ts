import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { Operation } from "@holdfast/panel/operation";
import { listCustomerBackups, listOperations } from "@holdfast/protocol/control-methods";
import { controlActor } from "../../actor.ts";
import { base, type Story } from "../fault-case.ts";
import type { Installation } from "../installation.ts";
import { withControlData } from "../open-data.ts";
import { change } from "../snapshot.ts";
import { linesOf } from "./inventory.ts";
import type { Stage } from "./stage.ts";

/** Of one operation, also on a machine that many others use: only what hangs takes so long. */
const endMilliseconds = 300_000;

/** How an operation ended and what it left. */
export interface Outcome {
  readonly state: string;
  readonly message: string | null;
  readonly change: readonly string[];
}

/** What happens to one operation; in this order, each at the moment that the former left. */
export interface Harm {
  /** Control is killed at each of these points in turn: each start takes the operation up again. */
  readonly killedAt?: readonly string[];
  /** Then somebody cancels it. */
  readonly cancelled?: true;
  /** Then control is killed at each of these points of its undoing. */
  readonly undoneKilledAt?: readonly string[];
}

/**
 * The story without any fault: what every disturbed run is compared with; done once for each installation, and once for
 * each newest backup where that is what the story shows.
 */
export async function undisturbed(stage: Stage, story: Story): Promise<Outcome> {
  const key = story.showsNewestBackup
    ? `${story.kind} ${await newestBackup(stage.installation)}`
    : story.kind;
  const known = stage.expected.get(key) as Outcome | undefined;
  const outcome = known ?? (await observe(stage, story, async (asked) => void (await asked())));
  stage.expected.set(key, outcome);
  return outcome;
}

async function newestBackup(installation: Installation): Promise<string> {
  const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
  return backups[0]?.backupId ?? "";
}

/** Runs the story under harm, starts control again and waits for the end. */
export function harmed(stage: Stage, story: Story, harm: Harm): Promise<Outcome> {
  return observe(stage, story, async (ask) => {
    const { installation } = stage;
    const [first = "", ...others] = harm.killedAt ?? [];
    await dieAt(installation, first, ask);
    for (const point of others) await dieAt(installation, point);
    if (harm.cancelled) await cancelOpen(installation, story.kind);
    for (const point of harm.undoneKilledAt ?? []) await dieAt(installation, point);
    await installation.startControl();
  });
}

/** Lets a step fail for good, waits for the end, and starts control without the fault. */
export function failingAt(stage: Stage, story: Story, step: string): Promise<Outcome> {
  return observe(stage, story, async (ask) => {
    const { installation } = stage;
    installation.armControl(`${story.kind}/${step}/begin:fail`);
    await assert.rejects(ask(), { message: /a fault test wanted this step to fail/ });
    installation.armControl();
  });
}

/** Does something between two looks of the judge and tells how the newest operation of the kind ended. */
export async function observe(
  stage: Stage,
  story: Story,
  disturb: (ask: () => Promise<unknown>) => Promise<void>,
): Promise<Outcome> {
  const { installation } = stage;
  await story.prepare?.(installation);
  const before = await stage.look();
  await disturb(() => story.request(installation));
  const { state, message } = await ended(installation, story.kind);
  const after = await stage.judge(before, story.allowed);
  const lines = change(linesOf(before), linesOf(after));
  const outcome = { state, message, change: lines.filter((line) => !story.mayStay?.test(line)) };
  if (state === "done") await story.tidy?.(installation);
  return outcome;
}

async function dieAt(
  installation: Installation,
  point: string,
  request: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  // What runs is harmed as it runs; the points of a chain come after a start.
  if (installation.control.alive) installation.armControl(point);
  const control = installation.control.alive ? installation.control : await installation.startControl(point);
  const asked = control.alive ? request().then(String, String) : "";
  const late = wait(endMilliseconds, undefined, { ref: false });
  const ending = await Promise.race([control.ended, late]);
  if (ending === undefined) assert.fail(`control never came to ${point}\n${control.output}`);
  assert.equal(ending.signal, "SIGKILL", control.output);
  await asked;
}

/** Writes the wish down where control reads it; control is dead, so that the moment is exact. */
function cancelOpen(installation: Installation, kind: string): Promise<void> {
  return withControlData(installation, (data) =>
    data.writing(controlActor, async (env) => {
      const open = await env.of(Operation).search([
        ["kind", "=", kind],
        ["ended_at", "=", false],
      ]);
      assert.equal(open.length, 1, `one ${kind} is open`);
      await env.of(Operation).write(open, { cancel_requested: true });
    }),
  );
}

/** Waits until no operation is open. @returns the newest of the kind. */
async function ended(installation: Installation, kind: string) {
  const deadline = performance.now() + endMilliseconds;
  for (;;) {
    const { operations } = await installation.askControl(listOperations, { limit: 50 });
    const open = operations.filter(({ endedAt }) => endedAt === null);
    const newest = operations.find((operation) => operation.kind === kind);
    if (open.length === 0 && newest) return newest;
    assert.ok(
      performance.now() < deadline,
      `operations ended in time: ${JSON.stringify(open)}\n${installation.control.output}`,
    );
    await wait(50);
  }
}
