import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalLinesPerMinute, refusalLog } from "./refusal-log.ts";

test("refused methods are logged by name, at most so many a minute, and what was above is counted", () => {
  const lines: string[] = [];
  let now = 0;
  const refused = refusalLog(
    (level, message, { method, calls } = {}) => lines.push(`${level} ${message} ${method ?? calls}`),
    "/run/agent.sock",
    () => now,
  );
  for (let at = 0; at < refusalLinesPerMinute + 5; at++) refused(`tenant.wish${at}`);
  assert.equal(lines.length, refusalLinesPerMinute);
  assert.equal(lines[0], "warn a method that this socket does not carry was refused tenant.wish0");
  now = 60_000;
  refused("tenant.later");
  assert.deepEqual(lines.slice(refusalLinesPerMinute), [
    "warn more methods were refused 5",
    "warn a method that this socket does not carry was refused tenant.later",
  ]);
});
