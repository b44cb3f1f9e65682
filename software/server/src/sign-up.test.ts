import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Tenant } from "@holdfast/framework/http/route";
import { createLink, withSignedLinks } from "@holdfast/framework/identity/links";
import { linksModel, throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { askedFrom, makeRoom } from "@holdfast/framework/identity/sign-up/make-room";
import { ensureSignInPolicy } from "@holdfast/framework/identity/signin-policy";
import { mailModel } from "@holdfast/framework/mail/models";
import type { Environment } from "@holdfast/framework/model/environment";
import { quickHasher, testTenant, testUser } from "@holdfast/framework/testing/identity";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { type TestBrowser, tokenOf } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
const hasher = quickHasher();
let run: RunningTest;

before(async () => {
  run = await runningServer();
  await testUser(run.db, { login: "ann@acme.example", password });
  await testUser(run.db, { login: "root", password, groups: ["base.admin"] });
  await system(ensureSignInPolicy);
});
after(async () => {
  await run.stop();
  await hasher.close();
});
beforeEach(async () => {
  await system(async (env) => {
    for (const model of [mailModel, throttleModel, linksModel]) {
      const ids = await env.of(model).search([]);
      if (ids.length > 0) await env.of(model).unlink(ids);
    }
  });
  await offer(true);
});

const system = <T>(work: (env: Environment) => Promise<T>) => run.db.data.writing(run.db.system(), work);
const reading = () => run.db.data.reading(run.db.system());
const offer = (sign_up: boolean) =>
  system(async (env) => env.of(policyModel).write(await env.of(policyModel).search([]), { sign_up }));
const ask = (email: string, browser = run.browser()) => browser.submit("/web/signup", { email });
const userNamed = (login: string) =>
  reading()
    .of(usersModel)
    .searchRead([["login", "=", login]], ["name", "email", "groups_id", "partner_id", "password_hash"]);

/** Waits for the mail to an address and reads it as the pump would write it. */
async function mailTo(address: string): Promise<string> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const [mail] = await reading()
      .of(mailModel)
      .searchRead([["email_to", "=", address]], ["body_text"], { limit: 1 });
    const tenant = {
      id: run.place?.id ?? "",
      key: (purpose: string) => deriveKey(Buffer.alloc(32, 7), purpose),
      baseUrl: "",
    };
    if (mail !== undefined) return withSignedLinks(tenant as Tenant, reading(), mail.body_text ?? "");
    assert.ok(Date.now() < limit, "no mail came");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function linkTo(address: string): Promise<string> {
  assert.equal((await ask(address)).status, 200);
  return (
    /\/web\/signup\/\S+/.exec(await mailTo(address.trim().toLowerCase()))?.[0] ??
    assert.fail("no link in the mail")
  );
}

const finish = (path: string, fields: Record<string, string> = {}, browser: TestBrowser = run.browser()) =>
  browser.submit(path, { name: "Eve Berg", password, again: password, ...fields });

test("switched off, as it is at first, the pages do not exist and the sign-in page does not offer them", async () => {
  const path = await linkTo("eve@acme.example");
  await offer(false);
  const browser = run.browser();
  assert.equal((await browser.ask("/web/signup")).status, 404);
  const csrf_token = tokenOf((await browser.ask("/web/login")).body);
  assert.equal((await browser.post("/web/signup", { csrf_token, email: "eve@acme.example" })).status, 404);
  assert.doesNotMatch((await browser.ask("/web/login")).body, /signup/);
  assert.equal((await browser.ask(path)).status, 404, "a link from before is dead");
  assert.equal((await system((env) => env.of(policyModel).searchRead([], ["sign_up"]))).length, 1);
});

test("a fresh database offers no sign-up", async () => {
  await system(async (env) => {
    await env.of(policyModel).unlink(await env.of(policyModel).search([]));
    await ensureSignInPolicy(env);
  });
  assert.equal((await run.browser().ask("/web/signup")).status, 404);
});

test("a stranger signs up by a mailed link, once, and is a portal user in no other group", async () => {
  assert.match((await run.browser().ask("/web/login")).body, /href="\/web\/signup"/);
  const path = await linkTo(" Eve@Acme.example ");
  assert.deepEqual(await userNamed("eve@acme.example"), [], "nothing is stored before the link is used");
  const browser = run.browser();
  const page = await browser.ask(path);
  assert.equal(page.headers["referrer-policy"], "no-referrer");
  assert.equal(page.headers["cache-control"], "no-store");
  assert.match(page.body, /value="eve@acme.example" readonly/);
  assert.equal((await finish(path, { again: "other" })).status, 422);
  assert.equal((await finish(path, { password: "short", again: "short" })).status, 422);
  assert.equal((await finish(path, { name: " " })).status, 422);
  assert.equal((await finish(path, { name: "x".repeat(121) })).status, 422);
  assert.equal((await finish(path, { name: "Eve\u202e" })).status, 422);
  const done = await finish(path);
  assert.deepEqual([done.status, done.headers["location"]], [303, "/web/login?done=account"]);
  const [user] = await userNamed("eve@acme.example");
  assert.equal(user?.name, "Eve Berg");
  const groups = await system((env) => env.model("res.groups").read(user?.groups_id ?? [], ["key"] as never));
  assert.deepEqual(
    (groups as unknown as { key: string }[]).map(({ key }) => key),
    ["base.portal"],
  );
  assert.equal((await browser.ask(path)).status, 404);
  const signedIn = await run.browser().submit("/web/login", { login: "eve@acme.example", password });
  assert.equal(signedIn.status, 303);
  const logged = await reading()
    .of(securityLogModel)
    .count([
      ["event", "=", "signed_up"],
      ["outcome", "=", "ok"],
    ]);
  assert.equal(logged, 1);
});

test("who may come in is not chosen by the form: login, group and company in it count for nothing", async () => {
  const path = await linkTo("mallory@acme.example");
  const done = await finish(path, {
    login: "root",
    email: "root",
    recipient: "root",
    groups_id: "4",
    company_id: "1",
  });
  assert.equal(done.status, 303);
  const [user] = await userNamed("mallory@acme.example");
  assert.equal(user?.groups_id.length, 1);
  const browser = run.browser();
  await browser.submit("/web/login", { login: "mallory@acme.example", password });
  const others = await browser.json("/web/dataset/call_kw", {
    jsonrpc: "2.0",
    params: { model: "res.users", method: "search_count", args: [[]], kwargs: {} },
  });
  assert.match(others.body, /"result":1/, "a portal user sees nobody else");
});

test("an unknown, an archived and a known address get the same page; known ones are told by mail alone", async () => {
  await testUser(run.db, { login: "gone@acme.example" });
  await system(async (env) =>
    env
      .of(usersModel)
      .write(await env.of(usersModel).search([["login", "=", "gone@acme.example"]]), { active: false }),
  );
  const bodies = new Set<string>();
  for (const email of ["nobody@acme.example", "gone@acme.example", "ANN@acme.example"])
    bodies.add((await ask(email)).body);
  assert.equal(bodies.size, 1);
  for (const address of ["gone@acme.example", "ann@acme.example"]) {
    const mail = await mailTo(address);
    assert.match(mail, /There is one already/);
    assert.doesNotMatch(mail, /\/web\/signup\//);
  }
  assert.match(await mailTo("nobody@acme.example"), /\/web\/signup\//);
});

test("what is no mail address is refused in words, whoever has it as a login", async () => {
  for (const email of [
    "",
    "root",
    "nobody",
    "a@b@c",
    "x\u0000@acme.example",
    `${"x".repeat(300)}@acme.example`,
  ])
    assert.equal((await ask(email)).status, 422, JSON.stringify(email));
  assert.equal(await reading().of(mailModel).count([]), 0);
});

test("asking again and again is throttled, alike for known and unknown addresses", async () => {
  for (const email of ["ann@acme.example", "new@acme.example"]) {
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask(email)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429], email);
  }
});

test("a mail scanner that opens the link changes nothing, and a form without its token is refused", async () => {
  const path = await linkTo("scan@acme.example");
  for (const method of ["GET", "HEAD", "GET"])
    assert.equal((await run.browser().ask(path, { method })).status, 200);
  const bare = await run.browser().post(path, { name: "Scan", password, again: password });
  assert.equal(bare.status, 403);
  assert.deepEqual(await userNamed("scan@acme.example"), []);
});

test("of two links to one address, used at once or one after the other, one makes the account", async () => {
  const one = await linkTo("two@acme.example");
  await system(async (env) => env.of(mailModel).unlink(await env.of(mailModel).search([])));
  const other = await linkTo("two@acme.example");
  const statuses = (await Promise.all([finish(one), finish(other)])).map(({ status }) => status).sort();
  assert.equal(statuses[0], 303);
  // Too late for the link, for the login, or the link's right went while it was used.
  assert.ok([401, 404, 422].includes(statuses[1] ?? 0), String(statuses[1]));
  assert.equal((await userNamed("two@acme.example")).length, 1);
  for (const path of [one, other]) assert.equal((await run.browser().ask(path)).status, 404);
});

test("an administrator sees the sign-ups under way and can end each", async () => {
  const path = await linkTo("late@acme.example");
  const admin = run.browser();
  await admin.submit("/web/login", { login: "root", password });
  const [policy] = await reading().of(policyModel).search([]);
  const here = `/web/links/hf.signin.policy/${policy}`;
  const page = await admin.ask(here);
  assert.match(page.body, /late@acme\.example[\s\S]*account signup/);
  const link = /signup\/(\d+)\./.exec(path)?.[1] ?? "";
  await admin.post(`${here}/revoke`, { csrf_token: tokenOf(page.body), link });
  assert.equal((await run.browser().ask(path)).status, 404);
  const ann = run.browser();
  await ann.submit("/web/login", { login: "ann@acme.example", password });
  assert.equal((await ann.ask(here)).status, 404, "for others that page does not exist");
});

test("a flood from many networks ends its own links first: who asks from elsewhere gets one, and keeps it", async () => {
  const [policy] = await reading().of(policyModel).search([]);
  const limits = { together: 12, ofSource: 5 };
  const asks = (from: string) =>
    system(async (env) => {
      const ended = await makeRoom(env, from, limits);
      const recipient = "someone@acme.example";
      await createLink(env, {
        purpose: "account.signup",
        model: policyModel.name,
        recordId: policy as number,
        recipient,
        lifeMinutes: 60,
        maxUses: 1,
        askedFrom: from,
        path: "/web/signup/:token",
      });
      return ended;
    });
  const waiting = async () => {
    const rows = await reading()
      .of(linksModel)
      .searchRead([["revoked", "=", false]], ["asked_from"]);
    return rows.map((row) => row.asked_from).sort();
  };
  const honest = "honest";
  assert.equal(await asks(honest), 0);
  for (let at = 0; at < 40; at++) await asks(`flood ${at % 4}`);
  assert.deepEqual(
    (await waiting()).filter((from) => from === honest),
    [honest],
  );
  assert.equal((await waiting()).length, limits.together);
  assert.equal(await asks("another"), 1);
  assert.ok((await waiting()).includes("another") && (await waiting()).includes(honest));
});

test("one network has its share of what waits; beyond it, its newest takes the place of its oldest", async () => {
  const parts = { key: (purpose: string) => deriveKey(Buffer.alloc(32, 7), purpose) };
  const digest = askedFrom(parts, "2001:db8::1");
  assert.equal(digest, askedFrom(parts, "2001:db8::2:0:1"), "one customer's addresses are one network");
  assert.notEqual(digest, askedFrom(parts, "2001:db8:0:1::1"));
  const path = await linkTo("first@acme.example");
  const [row] = await reading().of(linksModel).searchRead([], ["asked_from"]);
  assert.equal(row?.asked_from, askedFrom(parts, "127.0.0.1"));
  await system((env) => makeRoom(env, row?.asked_from ?? "", { together: 1_000, ofSource: 1 }));
  assert.equal((await run.browser().ask(path)).status, 404);
});

test("in a copy nobody signs up", async () => {
  const path = await linkTo("copy@acme.example");
  const original = run.place;
  try {
    if (original !== null) run.place = { ...original, neutralized: true };
    assert.equal((await run.browser().ask("/web/signup")).status, 404);
    assert.equal((await run.browser().ask(path)).status, 404);
  } finally {
    run.place = original;
  }
});

test("addresses of those who never finished are forgotten a week after their link has ended", async () => {
  await linkTo("never@acme.example");
  const [link] = await reading().of(linksModel).search([]);
  const sweep = () => testTenant(run.db, { hasher, ...run.keys }).identity.sweep();
  await sweep();
  assert.equal(await reading().of(linksModel).count([]), 1);
  const ended = Temporal.Now.instant().subtract({ hours: 24 * 7 + 1 });
  await system((env) => env.of(linksModel).write([link as number], { expires_at: ended } as never));
  await sweep();
  assert.equal(await reading().of(linksModel).count([]), 0);
});
