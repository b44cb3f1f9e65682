import assert from "node:assert/strict";
import type { Tenant } from "@holdfast/framework/http/route";
import { createLink, withSignedLinks } from "@holdfast/framework/identity/links";
import { apiKeysModel, usersModel } from "@holdfast/framework/identity/models";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import { signUpPath, signUpPurpose } from "@holdfast/framework/identity/sign-up/sign-up-purpose";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { queueJob, runJobs } from "@holdfast/framework/jobs/job-queue";
import { testUser } from "@holdfast/framework/testing/identity";
import { type TestBrowser, tokenOf } from "./browser.ts";
import { openEventStream } from "./event-stream.ts";
import type { RunningTest } from "./running.ts";
import { slowCallsBegun } from "./slow-app.ts";

export const password = "quiet lantern over moss";
/** Whatever loses its right ends within this; a little more than the second that is promised, for the test's own time. */
export const promisedMilliseconds = 1_300;

/** One way in which somebody may be in: whether it still opens what needs the lost right. */
export interface WayIn {
  readonly name: string;
  opens(): Promise<boolean>;
  close?(): void;
}

/** A person who is in by every way that there is, and what their losses are done with. */
export interface PersonInside {
  readonly userId: number;
  readonly browsers: readonly TestBrowser[];
  readonly keyId: number;
  /** To whom the links of this person were mailed: no other link has it. */
  readonly linkedTo: string;
  readonly ways: readonly WayIn[];
}

const guarded = { model: "hf.security.log", method: "search_count", args: [[]], kwargs: {} };
let serial = 0;

/** @param tenant - the same database as the server's, to open what no form opens. */
export async function personInside(run: RunningTest, tenant: Tenant): Promise<PersonInside> {
  const login = `person${++serial}`;
  const userId = await testUser(run.db, { login, password, groups: ["base.user", "base.admin"] });
  const browser = await signedIn(run, login);
  const provided = await bornOfProvider(run, tenant, userId);
  const key = await tenant.identity.createApiKey(userId, "matrix");
  const keyId = (await tenant.identity.apiKey(key))?.keyId ?? 0;
  const bearer = { authorization: `Bearer ${key}` };
  const linkedTo = `${login}@links.example`;
  const links = await linksOf(run, tenant, { userId, linkedTo });
  const stream = await openEventStream(run, browser);
  const keyStream = await openEventStream(run, null, bearer);
  const session = await tenant.identity.session(browser.cookies.get("__Host-session_id") ?? "");
  assert.ok(session);
  const jobs = {
    session: await queueJob(tenant.data, session, guarded),
    key: await queueJob(tenant.data, { actor: session.actor, keyId }, guarded),
  };
  const running = await slowCall(run, browser, `${login} was here`);
  const ways: WayIn[] = [
    { name: "session cookie", opens: () => callKw(browser) },
    { name: "API key", opens: async () => (await json2(run, bearer)) === 200 },
    ...links.map(({ name, path }) => ({
      name,
      opens: async () => (await run.browser().ask(path)).status === 200,
    })),
    {
      name: "open event stream",
      opens: async () => !(await stream.ended(promisedMilliseconds)),
      close: stream.close,
    },
    {
      name: "event stream by key",
      opens: async () => !(await keyStream.ended(promisedMilliseconds)),
      close: keyStream.close,
    },
    { name: "queued job", opens: () => jobDone(run, tenant, jobs.session) },
    { name: "queued job by key", opens: () => jobDone(run, tenant, jobs.key) },
    { name: "running call", opens: () => running.goesOn() },
    { name: "OIDC-born session", opens: () => callKw(provided) },
  ];
  return { userId, browsers: [browser, provided], keyId, linkedTo, ways };
}

export async function signedIn(run: RunningTest, login: string): Promise<TestBrowser> {
  const browser = run.browser();
  assert.equal((await browser.submit("/web/login", { login, password })).status, 303);
  return browser;
}

/** As an identity provider's answer opens one: `proceed` is the step after it (identity/sign-in.ts). */
async function bornOfProvider(run: RunningTest, tenant: Tenant, userId: number): Promise<TestBrowser> {
  const [user] = await run.db.data
    .reading(run.db.system())
    .of(usersModel)
    .read([userId], ["credential_version"]);
  const outcome = await tenant.identity.proceed(
    { userId, credentialVersion: user?.credential_version ?? 0, method: "oidc:test" },
    { source: "192.0.2.7", userAgent: "" },
  );
  assert.equal(outcome.kind, "opened");
  const browser = run.browser();
  for (const cookie of outcome.kind === "opened" ? outcome.session.cookies : []) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    browser.cookies.set(name, value);
  }
  return browser;
}

/** One link of each kind: to set a password, to sign up, to a record. */
async function linksOf(
  run: RunningTest,
  tenant: Tenant,
  { userId, linkedTo }: { readonly userId: number; readonly linkedTo: string },
): Promise<{ readonly name: string; readonly path: string }[]> {
  const reading = run.db.data.reading(run.db.system());
  const [policy = 0] = await reading.of(policyModel).search([]);
  const [partner = 0] = await reading.model("res.partner").search([], { limit: 1 });
  const orders = [
    {
      name: "reset link",
      purpose: "password.reset",
      model: "res.users",
      recordId: userId,
      path: "/web/reset/:token",
    },
    {
      name: "sign-up link",
      purpose: signUpPurpose,
      model: policyModel.name,
      recordId: policy,
      path: signUpPath,
    },
    {
      name: "link to a record",
      purpose: "test.order",
      model: "res.partner",
      recordId: partner,
      path: "/linked/:token",
    },
  ];
  return Promise.all(
    orders.map(async ({ name, ...order }) => {
      const mark = await run.db.data.writing(run.db.system(), (env) =>
        createLink(env, { ...order, recipient: linkedTo, lifeMinutes: 60, maxUses: 1 }),
      );
      const url = await withSignedLinks(tenant, run.db.data.reading(run.db.system()), mark);
      return { name, path: new URL(url).pathname };
    }),
  );
}

async function callKw(browser: TestBrowser): Promise<boolean> {
  const answer = await browser.json("/web/dataset/call_kw", { jsonrpc: "2.0", id: 1, params: guarded });
  return /"result":\d+/.test(answer.body);
}

async function json2(run: RunningTest, headers: Readonly<Record<string, string>>): Promise<number> {
  const path = `/json/2/${guarded.model}/${guarded.method}`;
  return (await run.browser().json(path, { domain: [] }, { headers })).status;
}

async function jobDone(run: RunningTest, tenant: Tenant, id: number): Promise<boolean> {
  await runJobs(tenant);
  const state = async () => {
    const [job] = await run.db.data.reading(run.db.system()).of(jobModel).read([id], ["state"]);
    return job?.state ?? "";
  };
  await until(async () => !["queued", "running"].includes(await state()));
  return (await state()) === "done";
}

async function slowCall(run: RunningTest, browser: TestBrowser, name: string) {
  const params = { model: "res.users", method: "test_slowly", args: [], kwargs: { name } };
  const call = browser.json("/web/dataset/call_kw", { jsonrpc: "2.0", id: 1, params }).catch(() => undefined);
  await until(async () => slowCallsBegun.has(name));
  return {
    /** Whether it is still under way, or has done what it was to do. */
    goesOn: async (): Promise<boolean> => {
      const late = new Promise<"late">((resolve) => {
        setTimeout(() => resolve("late"), promisedMilliseconds).unref();
      });
      if ((await Promise.race([call, late])) === "late") return true;
      const partners = run.db.data.reading(run.db.system()).model("res.partner");
      return (await partners.count([["name", "=", name]])) > 0;
    },
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < limit, "it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What ends a key. */
export async function revokeKey(run: RunningTest, keyId: number): Promise<void> {
  await run.db.data.writing(run.db.system(), (env) => env.of(apiKeysModel).write([keyId], { revoked: true }));
}

/** The form by which a person changes their own password, in a session of its own. */
export async function changePassword(run: RunningTest, userId: number): Promise<void> {
  const [user] = await run.db.data.reading(run.db.system()).of(usersModel).read([userId], ["login"]);
  const browser = await signedIn(run, user?.login ?? "");
  const token = tokenOf((await browser.ask("/web/account")).body);
  const fresh = "another lantern, less quiet";
  const form = { csrf_token: token, current: password, fresh, keys: "end" };
  const answer = await browser.post("/web/account/password", form);
  assert.equal(answer.status, 200, answer.body);
}
