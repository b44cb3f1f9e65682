import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { systemRandom } from "@holdfast/kernel/random";
import { genuineDevice, newDevice } from "./device-cookie.ts";
import { fewAtOnce, maxTriesAtOnce, oneByOne } from "./few-at-once.ts";

test("beyond the most at once a try is told to come again, and there is room when others are done", async () => {
  const few = fewAtOnce();
  const door = Promise.withResolvers<void>();
  const working = Array.from({ length: maxTriesAtOnce }, () => few(() => door.promise));
  await assert.rejects(
    few(async () => undefined),
    { code: "too_many" },
  );
  door.resolve();
  await Promise.all(working);
  assert.equal(await few(async () => "done"), "done");
});

test("one goes after the other, in order, also after one that failed", async () => {
  const turn = oneByOne();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`${name} ends`);
    if (name === "b") throw new RangeError("no");
  };
  await Promise.allSettled(["a", "b", "c"].map((name) => turn(work(name))));
  assert.deepEqual(
    seen,
    ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
});

test("a device cookie spares the wait only when it is ours and not too old", () => {
  const [key, other] = [randomBytes(32), randomBytes(32)];
  const nowMs = Date.now();
  const cookie = newDevice(key, 7, { nowMs, random: systemRandom });
  assert.ok(genuineDevice(key, cookie, nowMs));
  for (const forged of ["", "x", cookie.replace(/^7/, "8"), `${cookie.slice(0, -2)}AA`])
    assert.ok(!genuineDevice(key, forged, nowMs), forged);
  assert.ok(!genuineDevice(other, cookie, nowMs), "of another tenant");
  assert.ok(!genuineDevice(key, cookie, nowMs + 366 * 86_400_000), "a year later");
});
