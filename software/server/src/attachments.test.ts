import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { ClientRequest } from "node:http";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { defaultAdmission } from "@holdfast/framework/http/admission";
import { testUser } from "@holdfast/framework/testing/identity";
import type { TestBrowser } from "./testing/browser.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

const password = "quiet lantern over moss";
const shell = "<script>alert(document.domain)</script>";
let run: RunningTest;
let ann: TestBrowser;
let guest: TestBrowser;
let partner: number;

before(async () => {
  run = await runningServer();
  await testUser(run.db, { login: "ann", password });
  await testUser(run.db, { login: "guest", password, groups: ["base.portal"] });
  [ann, guest] = [await signedIn("ann"), await signedIn("guest")];
  const model = run.db.registry.model("res.partner");
  [partner = 0] = await run.db.data.writing(run.db.system(), (env) =>
    env.of(model).create([{ name: "First" }] as never),
  );
});
after(() => run.stop());

async function signedIn(login: string): Promise<TestBrowser> {
  const browser = run.browser();
  assert.equal((await browser.submit("/web/login", { login, password })).status, 303);
  return browser;
}

function upload(
  browser: TestBrowser,
  body: string | Buffer,
  given: { name?: string; type?: string; id?: number; headers?: Record<string, string> } = {},
) {
  const { name = "note.txt", type = "text/plain", id = partner } = given;
  const headers = {
    "content-type": type,
    origin: browser.origin,
    accept: "application/json",
    ...given.headers,
  };
  return browser.ask(`/web/attachments/res.partner/${id}?name=${encodeURIComponent(name)}`, {
    method: "POST",
    body,
    headers,
  });
}

const json = { headers: { accept: "application/json" } };

test("a file is hung on a record, listed and downloaded", async () => {
  const content = randomBytes(300_000).toString("base64");
  assert.equal((await upload(ann, content)).status, 201);
  const [listed] = JSON.parse((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).body);
  assert.equal(listed.name, "note.txt");
  assert.equal(listed.bytes, content.length);
  assert.equal(listed.sha256, undefined);
  const got = await ann.ask(listed.url);
  assert.equal(got.status, 200);
  assert.equal(got.body, content);
});

test("whatever was uploaded is a download that can run nothing", async () => {
  await upload(ann, shell, { name: "page.html", type: "text/html" });
  const [listed] = JSON.parse((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).body);
  const { headers } = await ann.ask(listed.url);
  assert.match(headers["content-disposition"] ?? "", /^attachment; filename\*=UTF-8''page\.html$/);
  assert.match(headers["content-security-policy"] ?? "", /default-src 'none'; sandbox/);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("a hostile name neither leaves its header nor names a path", async () => {
  for (const name of [
    'a"; filename=evil.exe',
    "a\r\nset-cookie: x=y",
    "../../etc/passwd",
    "évil\u202Egpj.exe",
    "'",
    "..",
    "",
  ]) {
    assert.equal((await upload(ann, "x", { name })).status, 201, name);
    const [listed] = JSON.parse((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).body);
    assert.doesNotMatch(listed.name, /[\r\n/\\\u202e]/);
    const { headers, status, cookies } = await ann.ask(listed.url);
    assert.equal(status, 200);
    assert.match(headers["content-disposition"] ?? "", /^attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]+$/);
    assert.deepEqual(cookies, []);
  }
});

test("who may not read the record sees, lists, adds and removes nothing, and learns nothing", async () => {
  const [listed] = JSON.parse((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).body);
  const missing = await ann.ask("/web/attachment/999999/x", json);
  for (const browser of [guest, run.browser()]) {
    for (const path of [listed.url, `/web/attachments/res.partner/${partner}`]) {
      const { status } = await browser.ask(path, json);
      assert.ok([401, 403, 404].includes(status), `${path} ${status}`);
    }
    assert.ok([401, 403, 404].includes((await upload(browser, "x")).status));
    assert.ok(
      [401, 403, 404].includes((await browser.json(`/web/attachment/${listed.id}/remove`, {})).status),
    );
  }
  assert.equal((await guest.ask(listed.url, json)).status, 404);
  const reasonOf = (body: string) => JSON.parse(body).error.message;
  assert.equal(reasonOf((await guest.ask(listed.url, json)).body), reasonOf(missing.body));
});

test("a file on a record that is not there is refused before it is taken in", async () => {
  assert.equal((await upload(ann, "x", { id: 999_999 })).status, 404);
  assert.equal((await ann.ask("/web/attachments/no.such.model/1", json)).status, 404);
});

test("an upload from another site, or by a bare cookie, is refused", async () => {
  assert.equal((await upload(ann, "x", { headers: { origin: "https://evil.example" } })).status, 403);
  assert.equal(
    (await upload(ann, "x", { headers: { origin: "null", "sec-fetch-site": "cross-site" } })).status,
    403,
  );
});

test("the table of attachments itself is closed to everyone", async () => {
  const call = {
    jsonrpc: "2.0",
    params: { model: "ir.attachment", method: "search_read", args: [[]], kwargs: {} },
  };
  const { body } = await ann.json("/web/dataset/call_kw", call);
  assert.match(body, /AccessError|AccessDenied|may not/);
});

test("a removed file is gone", async () => {
  const [listed] = JSON.parse((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).body);
  assert.equal((await ann.json(`/web/attachment/${listed.id}/remove`, {})).status, 200);
  assert.equal((await ann.ask(listed.url, json)).status, 404);
});

test("whoever sends files slowly takes no places but those for files, and others go on", async () => {
  const slow = Array.from({ length: defaultAdmission.filesPerSource }, () => unended(ann));
  try {
    const shed = async () => (await upload(ann, "short")).status;
    // Once all of them have come so far.
    while ((await shed()) !== 503);
    assert.equal((await ann.ask(`/web/attachments/res.partner/${partner}`, json)).status, 200);
  } finally {
    for (const one of slow) one.destroy();
  }
  while ((await upload(ann, "short")).status !== 201);
});

/** An upload of which nothing but the beginning comes. */
function unended(browser: TestBrowser): ClientRequest {
  const { hostname, port } = new URL(browser.origin);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const outgoing = request({
    ...{ host: "127.0.0.1", port, servername: hostname, rejectUnauthorized: false, agent: false },
    path: `/web/attachments/res.partner/${partner}?name=slow.txt`,
    method: "POST",
    headers: {
      host: `${hostname}:${port}`,
      origin: browser.origin,
      cookie,
      "content-type": "text/plain",
      "content-length": "1000000",
    },
  });
  outgoing.on("error", () => undefined);
  outgoing.write("x");
  return outgoing;
}
