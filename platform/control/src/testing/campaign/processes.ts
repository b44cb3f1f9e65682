import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { createCustomer, restoreCustomerBackup } from "@holdfast/protocol/control-methods";
import { base, type Story, stories } from "../fault-case.ts";
import type { Installation } from "../installation.ts";
import { jobProcesses } from "../snapshot.ts";
import type { Fault } from "./fault.ts";
import { linesOf } from "./inventory.ts";
import { observe, undisturbed } from "./story-runs.ts";

const jobLimitMilliseconds = 300_000;
/** Kinds whose steps have the agent start job processes. */
const withJobs = /^backup\./;
const quickKinds = ["backup.take", "backup.restore"];

/** The agent, its jobs, or agent and control together are killed while a job is at work; and what is refused. */
export function processFaults(): Fault[] {
  return [...stories.filter(({ kind }) => withJobs.test(kind)).flatMap(killsOf), takenName];
}

function killsOf(story: Story): Fault[] {
  const fault = (
    what: string,
    isQuick: boolean,
    harm: (installation: Installation, asked: Promise<unknown>) => Promise<void>,
  ): Fault => ({
    name: `${story.kind}/${what}`,
    count: 1,
    quick: isQuick && quickKinds.includes(story.kind),
    alarm: null,
    run: async (stage) => {
      const expected = await undisturbed(stage, story);
      const outcome = await observe(stage, story, async (ask) => {
        // Whoever asks may see the death; how the operation ends is what counts.
        const asked = ask().catch(() => undefined);
        await harm(stage.installation, asked);
        await asked;
      });
      assert.deepEqual(outcome, expected);
    },
  });
  return [
    fault("its job is killed", true, async (installation) => {
      for (const pid of await aJob(installation)) end(pid);
    }),
    fault("the agent is killed", true, async (installation) => {
      await aJob(installation);
      await installation.agent.kill();
      await installation.startAgent();
    }),
    fault("agent and control are killed at once", true, async (installation, asked) => {
      await aJob(installation);
      await Promise.all([installation.agent.kill(), installation.control.kill()]);
      await asked;
      await installation.startAgent();
      await installation.startControl();
    }),
    fault("its job is stopped for two seconds", false, async (installation) => {
      const pids = await aJob(installation);
      for (const pid of pids) end(pid, "SIGSTOP");
      await wait(2_000);
      for (const pid of pids) end(pid, "SIGCONT");
    }),
  ];
}

const takenName: Fault = {
  name: "customer.create/a name that is taken is refused before anything begins",
  count: 2,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const { installation } = stage;
    const before = linesOf(await stage.look());
    await assert.rejects(installation.askControl(createCustomer, { name: base }));
    await assert.rejects(installation.askControl(restoreCustomerBackup, { customer: base, as: base }));
    assert.deepEqual(linesOf(await stage.look()), before);
  },
};

function end(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It was quicker.
  }
}

async function aJob(installation: Installation): Promise<number[]> {
  const deadline = performance.now() + jobLimitMilliseconds;
  for (;;) {
    const jobs = jobProcesses(installation);
    if (jobs.length > 0) return jobs;
    assert.ok(performance.now() < deadline, "a job was started");
    await wait(5);
  }
}
