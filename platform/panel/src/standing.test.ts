import assert from "node:assert/strict";
import { test } from "node:test";
import { standingOf } from "./standing.ts";

const now = Date.UTC(2026, 0, 1);
const good = {
  state: "pass",
  simulated: false,
  saboteur: "caught",
  measured_at: Temporal.Instant.fromEpochMilliseconds(now - 60_000),
  max_age_minutes: 60,
} as const;

test("a claim holds when its probe passed lately and its saboteur was caught", () => {
  assert.equal(standingOf(good, now), "holds");
});

test("a claim on simulated parts never stands as plainly holding", () => {
  assert.equal(standingOf({ ...good, simulated: true }, now), "holds, simulated");
});

test("a passing probe whose saboteur was missed or never ran proves nothing", () => {
  assert.equal(standingOf({ ...good, saboteur: "missed" }, now), "not proven");
  assert.equal(standingOf({ ...good, saboteur: "not_run" }, now), "not proven");
});

test("a finding older than its age no longer counts", () => {
  assert.equal(standingOf(good, now + 60 * 60_000), "stale");
});

test("a failing probe does not hold, whatever else", () => {
  assert.equal(standingOf({ ...good, state: "fail" }, now + 60 * 60_000), "does not hold");
});
