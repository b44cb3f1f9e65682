import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Tenant } from "@holdfast/framework/http/route";
import { withSignedLinks } from "@holdfast/framework/identity/links";
import { throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { mailModel } from "@holdfast/framework/mail/models";
import { testUser } from "@holdfast/framework/testing/identity";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { type RunningTest, runningServer } from "./testing/running.ts";

let run: RunningTest;

before(async () => {
  run = await runningServer();
  await testUser(run.db, { login: "ann@acme.example", password: "quiet lantern over moss" });
});
after(() => run.stop());

/** Waits until a mail is in the queue and reads the address in it, as the pump would write it. */
async function mailedPath(login: string): Promise<string> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const env = run.db.data.reading(run.db.system());
    const [mail] = await env
      .of(mailModel)
      .searchRead([["email_to", "=", login]], ["body_text"], { limit: 1 });
    const tenant = {
      id: run.place?.id ?? "",
      key: (purpose: string) => deriveKey(Buffer.alloc(32, 7), purpose),
      baseUrl: "",
    };
    const text = await withSignedLinks(tenant as Tenant, env, mail?.body_text ?? "");
    const path = /\/web\/reset\/\S+/.exec(text)?.[0];
    if (path !== undefined) return path;
    assert.ok(Date.now() < limit, "no mail came");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function clear(): Promise<void> {
  await run.db.data.writing(run.db.system(), async (env) => {
    for (const model of [mailModel, throttleModel]) {
      const ids = await env.of(model).search([]);
      if (ids.length > 0) await env.of(model).unlink(ids);
    }
  });
}

const signIn = (password: string) =>
  run.browser().submit("/web/login", { login: "ann@acme.example", password });

test("a forgotten password is set by a mailed link, once; other sessions end", async () => {
  const before = run.browser();
  assert.equal(
    (await before.submit("/web/login", { login: "ann@acme.example", password: "quiet lantern over moss" }))
      .status,
    303,
  );
  const asked = await run.browser().submit("/web/forgot", { login: "Ann@acme.example" });
  assert.equal(asked.status, 200);
  const path = await mailedPath("ann@acme.example");
  const browser = run.browser();
  const page = await browser.ask(path);
  assert.equal(page.headers["referrer-policy"], "no-referrer");
  assert.equal(page.headers["cache-control"], "no-store");
  assert.match(page.body, /autocomplete="new-password"/);
  const fresh = "seven herons on the ice";
  assert.equal((await browser.submit(path, { password: fresh, again: "other" })).status, 422);
  assert.equal((await browser.submit(path, { password: "short", again: "short" })).status, 422);
  assert.equal(
    (await browser.submit(path, { password: "ann@acme.example1", again: "ann@acme.example1" })).status,
    422,
  );
  const done = await browser.submit(path, { password: fresh, again: fresh });
  assert.equal(done.headers["location"], "/web/login?done=password");
  assert.equal((await browser.ask(path)).status, 404);
  assert.equal((await browser.post(path, { password: fresh, again: fresh })).status, 404);
  assert.equal(
    (await before.json("/web/session/get_session_info", { jsonrpc: "2.0", params: {} })).body.includes(
      '"uid"',
    ),
    false,
  );
  assert.equal((await signIn("quiet lantern over moss")).status, 401);
  assert.equal((await signIn(fresh)).status, 303);
});

test("a mail scanner that opens the link changes nothing", async () => {
  await clear();
  await run.browser().submit("/web/forgot", { login: "ann@acme.example" });
  const path = await mailedPath("ann@acme.example");
  for (const method of ["GET", "HEAD", "GET"])
    assert.equal((await run.browser().ask(path, { method })).status, 200);
  const noToken = await run
    .browser()
    .post(path, { password: "a scanner's own phrase", again: "a scanner's own phrase" });
  assert.equal(noToken.status, 403);
  assert.equal((await run.browser().ask(path)).status, 200);
});

test("an unknown, an archived and a known login get the same page, and only the known one a mail", async () => {
  await clear();
  await testUser(run.db, { login: "gone@acme.example" });
  await run.db.data.writing(run.db.system(), async (env) => {
    await env
      .of(usersModel)
      .write(await env.of(usersModel).search([["login", "=", "gone@acme.example"]]), { active: false });
  });
  const bodies = [];
  for (const login of ["nobody@acme.example", "gone@acme.example", "ann@acme.example"])
    bodies.push((await run.browser().submit("/web/forgot", { login })).body);
  assert.equal(new Set(bodies).size, 1);
  await mailedPath("ann@acme.example");
  assert.equal(await run.db.data.reading(run.db.system()).of(mailModel).count([]), 1);
});

test("asking again and again is throttled", async () => {
  await clear();
  const statuses = [];
  for (let n = 0; n < 5; n++)
    statuses.push((await run.browser().submit("/web/forgot", { login: "ann@acme.example" })).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
});

test("no token of a link reaches the log", async () => {
  await clear();
  await run.browser().submit("/web/forgot", { login: "ann@acme.example" });
  const path = await mailedPath("ann@acme.example");
  await run.browser().ask(path);
  await run.browser().ask(`${path}x`);
  const token = path.split("/").at(-1) ?? "-";
  assert.ok(run.logged.length > 0);
  assert.ok(run.logged.every((line) => !JSON.stringify([line.message, line.fields]).includes(token)));
});
