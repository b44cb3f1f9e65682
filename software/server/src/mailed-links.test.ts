import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Tenant } from "@holdfast/framework/http/route";
import { rotateLinkKey } from "@holdfast/framework/identity/link-keys";
import { createLink, withSignedLinks } from "@holdfast/framework/identity/links";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { sessionModel } from "@holdfast/framework/identity/session-model";
import { quickHasher, testTenant, testUser } from "@holdfast/framework/testing/identity";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
const hasher = quickHasher();
let run: RunningTest;
let tenant: Tenant;
let root: number;
let bo: number;

before(async () => {
  run = await runningServer();
  tenant = testTenant(run.db, { hasher, id: run.keys.id, dataKey: run.keys.dataKey });
  root = await testUser(run.db, { login: "root", password, groups: ["base.admin"] });
  bo = await testUser(run.db, { login: "bo", password });
});
after(async () => {
  await run.stop();
  await hasher.close();
});

async function signedIn(login: string): Promise<TestBrowser> {
  const browser = run.browser();
  assert.equal((await browser.submit("/web/login", { login, password })).status, 303);
  return browser;
}

/** A reset link of Bo's, as his mail has it. */
async function mailed(): Promise<string> {
  const mark = await run.db.data.writing(run.db.system(), (env) =>
    createLink(env, {
      purpose: "password.reset",
      model: "res.users",
      recordId: bo,
      recipient: "bo@example.com",
      lifeMinutes: 60,
      maxUses: 1,
      path: "/web/reset/:token",
    }),
  );
  return new URL(await withSignedLinks(tenant, run.db.data.reading(run.db.system()), mark)).pathname;
}

const opens = async (path: string) => (await run.browser().ask(path)).status === 200;
const logged = (event: "link_revoked" | "links_rotated") =>
  run.db.data
    .reading(run.db.system())
    .of(securityLogModel)
    .count([["event", "=", event]]);

test("the administrator changes the key: older links are dead at once or work on, as was chosen, and it is logged", async () => {
  const admin = await signedIn("root");
  const first = await mailed();
  assert.ok(await opens(first));
  const kept = await admin.submit("/settings/links", { overlap: "24" });
  assert.match(kept.body, /work for another 24 hours/);
  assert.ok(await opens(first));
  const second = await mailed();
  assert.match(second, /\/\d+\.2\.[\w-]{43}$/);
  const now = await admin.submit("/settings/links", { overlap: "0" });
  assert.match(now.body, /All older links are dead/);
  assert.deepEqual(
    [await opens(first), await opens(second), await opens(await mailed())],
    [false, false, true],
  );
  assert.equal(await logged("links_rotated"), 2);
});

test("a key that another process changed is changed here at the next request", async () => {
  const path = await mailed();
  assert.ok(await opens(path));
  await run.db.data.writing(run.db.system(), (env) => rotateLinkKey(env, 0));
  assert.equal(await opens(path), false);
});

test("nobody but a recently confirmed administrator changes the key, and no odd overlap is taken", async () => {
  const path = await mailed();
  const user = await signedIn("bo");
  assert.equal((await user.ask("/settings/links")).status, 404);
  const csrf_token = tokenOf((await user.ask("/web/account")).body);
  assert.equal((await user.post("/settings/links", { csrf_token, overlap: "0" })).status, 404);
  const admin = await signedIn("root");
  for (const overlap of ["", "-1", "1.5", "9999", "99999999", "x"])
    assert.equal((await admin.submit("/settings/links", { overlap })).status, 422, overlap);
  assert.equal((await admin.post("/settings/links", { overlap: "0" })).status, 403);
  const { body } = await admin.ask("/settings/links");
  await run.db.data.writing(run.db.system(), async (env) => {
    const all = await env.of(sessionModel).search([]);
    const long = Temporal.Now.instant().subtract({ hours: 1 });
    await env.of(sessionModel).write(all, { confirmed_at: long } as never);
  });
  const late = await admin.post("/settings/links", { csrf_token: tokenOf(body), overlap: "0" });
  assert.match(late.headers["location"] ?? "", /\/web\/confirm/);
  assert.ok(await opens(path));
});

test("a record lists its links with recipient, expiry and uses, and each can be revoked there", async () => {
  const path = await mailed();
  const here = `/web/links/res.users/${bo}`;
  const admin = await signedIn("root");
  const page = (await admin.ask(here)).body;
  assert.match(page, /bo@example\.com[\s\S]*password reset · expires 20\d\d-[\s\S]*used 0 of 1/);
  assert.ok(!page.includes(path.split(".").at(-1) ?? ""));
  const link = /reset\/(\d+)\./.exec(path)?.[1] ?? "";
  await admin.post(`/web/links/res.users/${root}/revoke`, { csrf_token: tokenOf(page), link });
  assert.ok(await opens(path), "a link of another record is left alone");
  const answer = await admin.post(`${here}/revoke`, { csrf_token: tokenOf(page), link });
  assert.match(answer.body, /The link is revoked/);
  assert.equal(await opens(path), false);
  assert.equal(await logged("link_revoked"), 1);
});

test("who may not read a record, and who is no administrator of accounts, sees and ends none of its links", async () => {
  const path = await mailed();
  const link = /reset\/(\d+)\./.exec(path)?.[1] ?? "";
  const user = await signedIn("bo");
  const csrf_token = tokenOf((await user.ask("/web/account")).body);
  for (const record of [
    `res.users/${bo}`,
    "res.partner/999999",
    "no.model/1",
    "res.partner/x",
    "__proto__/1",
  ]) {
    assert.equal((await user.ask(`/web/links/${record}`)).status, 404, record);
    const answer = await user.post(`/web/links/${record}/revoke`, { csrf_token, link });
    assert.equal(answer.status, 404, record);
  }
  assert.equal((await run.browser().ask(`/web/links/res.users/${bo}`)).status, 303);
  assert.ok(await opens(path));
});
