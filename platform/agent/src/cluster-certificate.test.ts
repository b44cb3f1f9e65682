import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { startAgent } from "./agent.ts";
import { recordedPostmaster } from "./cluster/processes.ts";
import { temporaryDataFolder } from "./testing.ts";

test("a running cluster gets another certificate when less than a third of its life is left, without a restart", async () => {
  const clock = new ManualClock(Date.now());
  const other = temporaryDataFolder();
  const second = await startAgent({ folder: other, sync: false, clock });
  const served = (): string => readFileSync(join(other.clusters, "main", "server.crt"), "utf8");
  const first = served();
  const { pid } = recordedPostmaster(join(other.clusters, "main")) ?? {};
  await second.clusters.named("main").maintain();
  assert.equal(served(), first);
  clock.advance(60 * 86_400_000);
  await second.clusters.named("main").maintain();
  assert.notEqual(served(), first);
  assert.equal(recordedPostmaster(join(other.clusters, "main"))?.pid, pid);
  await second.close();
  other.remove();
});
