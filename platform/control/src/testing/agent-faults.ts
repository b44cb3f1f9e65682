import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { present } from "@holdfast/kernel/assert";
import { createCustomer, restoreCustomerBackup } from "@holdfast/protocol/control-methods";
import { kinds } from "../kinds/kinds.ts";
import {
  base,
  makeBase,
  name,
  type Outcome,
  observe,
  type Story,
  stories,
  undisturbed,
} from "./fault-case.ts";
import { Installation } from "./installation.ts";
import { change, jobProcesses, snapshot } from "./snapshot.ts";

/** Control asks for these itself when it starts, so that a kill and a start between ask again. No story yet. */
const askedByControl = ["database.upgrade"];
const jobLimitMilliseconds = 30_000;

/** What happens to operations when the agent, its jobs, or agent and control together are killed. */
export function describeAgentFaults(): void {
  let installation: Installation;
  before(async () => {
    installation = await Installation.start();
    await makeBase(installation);
  });
  after(() => installation?.remove());

  test("every kind of operation that people ask for has a story", () => {
    const asked = kinds.map(({ kind }) => kind).filter((kind) => !askedByControl.includes(kind));
    assert.deepEqual(stories.map(({ kind }) => kind).sort(), asked.sort());
  });

  for (const story of stories.filter(({ kind }) => /^backup\.(take|verify|restore)$/.test(kind)))
    describe(`${story.kind} while its job runs`, () => {
      let expected: Outcome;
      before(async () => {
        expected = await undisturbed(installation, story);
      });

      test("outlives kill -9 of the agent; no job and no part is left", async () => {
        const outcome = await observe(installation, story, async () => {
          const asked = story.request(installation);
          await aJob(installation);
          await installation.agent.kill();
          await installation.startAgent();
          await asked;
        });
        assert.deepEqual(outcome, expected);
      });

      test("outlives kill -9 of agent and control at once", async () => {
        assert.deepEqual(await bothKilled(installation, story), expected);
      });

      test("outlives kill -9 of the job itself", async () => {
        const outcome = await observe(installation, story, async () => {
          const asked = story.request(installation);
          for (const pid of await aJob(installation)) process.kill(pid, "SIGKILL");
          await asked;
        });
        assert.deepEqual(outcome, expected);
      });
    });

  test("a name that is taken is refused before anything begins", async () => {
    const create = present(stories[0], "the first story");
    await create.request(installation);
    const before = await snapshot(installation);
    await assert.rejects(installation.askControl(createCustomer, { name }));
    await assert.rejects(installation.askControl(restoreCustomerBackup, { customer: base, as: name }));
    assert.deepEqual(change(before, await snapshot(installation)), []);
    await create.tidy?.(installation);
  });
}

function bothKilled(installation: Installation, story: Story): Promise<Outcome> {
  return observe(installation, story, async () => {
    const asked = story.request(installation).catch(() => undefined);
    await aJob(installation);
    await Promise.all([installation.agent.kill(), installation.control.kill()]);
    await asked;
    await installation.startAgent();
    await installation.startControl();
  });
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
