import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { openingLimit } from "./opening-limit.ts";
import { anyTenant } from "./testing.ts";

test("whom the server opens is logged, and beyond its pace it is held up and told of once", () => {
  const clock = new ManualClock(0);
  const lines: string[] = [];
  const opens = openingLimit(
    (level, message, fields) => lines.push(`${level} ${message} ${fields?.["tenantId"]}`),
    clock,
    {
      atOnce: 3,
      perSecond: 1,
    },
  );
  const tenants = [anyTenant(), anyTenant(), anyTenant(), anyTenant()];
  for (const tenant of tenants.slice(0, 3)) opens(tenant);
  assert.deepEqual(
    lines,
    tenants.slice(0, 3).map((tenant) => `info the server opened a customer ${tenant}`),
  );
  for (let tries = 0; tries < 50; tries++)
    assert.throws(() => opens(tenants[3] ?? anyTenant()), { code: "too_many" });
  assert.equal(lines.filter((line) => line.startsWith("error")).length, 1);
  clock.advance(1_000);
  opens(tenants[3] ?? anyTenant());
  assert.throws(() => opens(anyTenant()), { code: "too_many" });
});
