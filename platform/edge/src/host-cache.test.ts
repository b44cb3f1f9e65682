import assert from "node:assert/strict";
import { test } from "node:test";
import type { TenantPlace } from "@holdfast/framework/http/hooks";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { HostCache } from "./host-cache.ts";

const acme: TenantPlace = { id: "1", name: "acme", apps: [], neutralized: false };

test("an unknown host is null, and control is asked again after two seconds", async () => {
  const clock = new ManualClock(0);
  let answer: TenantPlace | null = null;
  const cache = new HostCache(async () => [answer], clock);
  assert.equal(await cache.find("acme.localhost"), null);
  answer = acme;
  assert.equal(await cache.find("acme.localhost"), null);
  clock.advance(2_000);
  assert.equal(await cache.find("acme.localhost"), acme);
});

test("what was known goes on answering while control is away; what was never asked is unavailable", async () => {
  const clock = new ManualClock(0);
  let away = false;
  const cache = new HostCache(async () => {
    if (away) throw new ExpectedError("unavailable", "control is away");
    return [acme];
  }, clock);
  await cache.find("acme.localhost");
  away = true;
  clock.advance(60_000);
  assert.equal(await cache.find("acme.localhost"), acme);
  assert.deepEqual(await cache.findAll(["acme.localhost"]), [acme]);
  await assert.rejects(cache.find("other.localhost"), { code: "unavailable" });
  await assert.rejects(cache.findAll(["acme.localhost", "other.localhost"]), { code: "unavailable" });
});

test("many requests for one host at once ask control once", async () => {
  let asked = 0;
  const cache = new HostCache(async () => {
    asked += 1;
    return [acme];
  }, new ManualClock(0));
  await Promise.all(Array.from({ length: 50 }, () => cache.find("acme.localhost")));
  assert.equal(asked, 1);
});

test("many hosts are one question, asked anew though they are known, and known to visitors from then on", async () => {
  const asked: (readonly string[])[] = [];
  const cache = new HostCache(async (hosts) => {
    asked.push(hosts);
    return hosts.map((host) => (host === "acme.localhost" ? acme : null));
  }, new ManualClock(0));
  await cache.find("acme.localhost");
  assert.deepEqual(await cache.findAll(["gone.localhost", "acme.localhost"]), [null, acme]);
  assert.equal(await cache.find("gone.localhost"), null);
  assert.deepEqual(asked, [["acme.localhost"], ["gone.localhost", "acme.localhost"]]);
});
