import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Tenant } from "@holdfast/framework/http/route";
import { endOtherSessions } from "@holdfast/framework/identity/credential-change";
import type { PasswordHasher } from "@holdfast/framework/identity/hasher";
import { groupsModel, linksModel, usersModel } from "@holdfast/framework/identity/models";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import { ensureSignInPolicy } from "@holdfast/framework/identity/signin-policy";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { openEventStream } from "./testing/event-stream.ts";
import { type Loss, lossText, type Measured } from "./testing/loss-text.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";
import { slowApp } from "./testing/slow-app.ts";
import { changePassword, type PersonInside, personInside, revokeKey } from "./testing/ways-in.ts";

const golden = new URL("../../../docs/loss-of-right.md", import.meta.url);
let run: RunningTest;
let hasher: PasswordHasher;
let tenant: Tenant;

before(async () => {
  run = await runningServer([identityApp, slowApp]);
  hasher = quickHasher();
  // The keys of the server's own tenant (testing/running.ts), so that its links and sessions are the same.
  await system(async (env) => {
    await ensureSignInPolicy(env);
    await env.of(policyModel).write(await env.of(policyModel).search([]), { sign_up: true });
    await env.model("res.partner").create([{ name: "Somebody" } as never]);
  });
  tenant = testTenant(run.db, { hasher, ...run.keys });
});
after(async () => {
  await hasher.close();
  await run.stop();
});

const system = <T>(work: Parameters<typeof run.db.data.writing<T>>[1]) =>
  run.db.data.writing(run.db.system(), work);

const ofRecord = { "link to a record": "it is the record's, not the person's" };
const ofNobody = { "sign-up link": "it is of somebody who has no account yet" };
const links = ["reset link", "sign-up link", "link to a record"];
const byKey = ["API key", "event stream by key", "queued job by key"];
const losses: readonly Loss[] = [
  {
    name: "logout",
    stays: { ...all(byKey, "a key is no part of a session"), ...all(links, "it needs no session") },
  },
  { name: "deactivation", stays: { ...ofRecord, ...ofNobody } },
  { name: "role lost", stays: all(links, "a link is a role of its own") },
  { name: "password changed", stays: { ...ofRecord, ...ofNobody } },
  {
    name: "factor changed",
    stays: {
      ...all(byKey, "a key is removed by itself: programs have no second factor"),
      ...ofRecord,
      ...ofNobody,
    },
  },
  {
    name: "key revoked",
    stays: all(
      ["session cookie", ...links, "open event stream", "queued job", "running call", "OIDC-born session"],
      "the key gave no right to it",
    ),
  },
  {
    name: "link revoked",
    stays: all(
      [
        "session cookie",
        "API key",
        "open event stream",
        "event stream by key",
        "queued job",
        "queued job by key",
        "running call",
        "OIDC-born session",
      ],
      "the link gave no right to it",
    ),
  },
];

function all(names: readonly string[], reason: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

const lose: Readonly<Record<string, (person: PersonInside) => Promise<unknown>>> = {
  logout: async ({ browsers }) => {
    for (const browser of browsers) {
      const kept = new Map(browser.cookies);
      await browser.json("/web/session/destroy", { jsonrpc: "2.0", id: 1, params: {} });
      for (const [name, value] of kept) browser.cookies.set(name, value);
    }
  },
  deactivation: ({ userId }) => system((env) => env.of(usersModel).write([userId], { active: false })),
  "role lost": ({ userId }) =>
    system(async (env) => {
      const [admin] = await env.of(groupsModel).search([["key", "=", "base.admin"]]);
      await env.of(usersModel).write([userId], { groups_id: [[3, admin as number]] });
    }),
  "password changed": ({ userId }) => changePassword(run, userId),
  "factor changed": ({ userId }) => system((env) => endOtherSessions(env, userId, { endApiKeys: false })),
  "key revoked": ({ keyId }) => revokeKey(run, keyId),
  "link revoked": ({ linkedTo }) =>
    system(async (env) => {
      const ids = await env.of(linksModel).search([["recipient", "=", linkedTo]]);
      await env.of(linksModel).write(ids, { revoked: true });
    }),
};

test("whoever is in by any way is really in", async () => {
  const person = await personInside(run, tenant);
  for (const way of person.ways) assert.equal(await way.opens(), true, way.name);
  for (const way of person.ways) way.close?.();
});

const measured: Measured[] = [];
for (const loss of losses)
  test(`${loss.name}: what it takes is dead at the next request, or within a second where something is open`, async () => {
    const person = await personInside(run, tenant);
    await lose[loss.name]?.(person);
    const opens = await Promise.all(person.ways.map((way) => way.opens()));
    for (const [at, way] of person.ways.entries()) {
      measured.push({ loss: loss.name, way: way.name, opens: opens[at] === true });
      assert.equal(opens[at], loss.stays[way.name] !== undefined, `${way.name} after ${loss.name}`);
      way.close?.();
    }
  });

test("the measured matrix is that of docs/loss-of-right.md; remove the file and run this test to write it anew", () => {
  const text = lossText(losses, measured);
  if (!existsSync(golden)) writeFileSync(golden, text);
  assert.equal(readFileSync(golden, "utf8"), text);
});

test("what a customer that is closed had open ends, though nobody asks for it any more; one question looks after all that is open", async () => {
  const open = ["acme.localhost", "beta.localhost", "gamma.localhost"];
  for (const host of open) assert.equal((await run.browser(host).ask("/web/login")).status, 200);
  const person = await personInside(run, tenant);
  const [browser] = person.browsers;
  assert.ok(browser);
  const stream = await openEventStream(run, browser);
  const { place } = run;
  const before = run.asked.length;
  run.place = null;
  try {
    assert.equal(await stream.ended(60_000), true);
  } finally {
    run.place = place;
  }
  const looks = run.asked.slice(before);
  assert.deepEqual([...(looks[0] ?? [])].sort(), open);
  assert.ok(
    looks.every((hosts) => hosts.length > 1),
    "a look is never a question for each",
  );
  assert.equal((await run.browser().ask("/web/login")).status, 200, "and is there when it is opened again");
  for (const way of person.ways) way.close?.();
});
