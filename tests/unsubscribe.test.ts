import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { mailPasswordLinks } from "@holdfast/framework/identity/reset-mail";
import { messagesOf } from "@holdfast/framework/mail/messages";
import { type CaughtMails, caughtMails } from "./caught-mails.ts";
import { type CompanyHost, companyHost } from "./company-host.ts";

const address = "cy.andersen@mail.example.com";
let host: CompanyHost;
let mails: CaughtMails;
let cy: number;

before(async () => {
  host = await companyHost();
  mails = await caughtMails(host);
  [cy] = await host.call("ann", "res.partner", "search", [[["email", "=", address]]]);
});
after(async () => {
  await mails.close();
  await host.close();
});
beforeEach(async () => {
  await asSystem(cy, { email: address });
  for (const id of await withAddress()) await asSystem(id, { unsubscribed_at: null });
});

const withAddress = () =>
  host.call("ann", "res.partner", "search", [[["email", "=ilike", address]]]) as Promise<number[]>;

const asSystem = (id: number, values: object) =>
  host.tenant.data.writing(host.database.system(), (env) =>
    env.model("res.partner").write([id], values as never),
  );
const send = async (id: number) => host.call("ann", "sale.order", "action_quotation_send", [[id]]);
const stopped = async (id = cy) =>
  (await host.call("ann", "res.partner", "read", [[id], ["unsubscribed_at"]]))[0].unsubscribed_at;

/** A quotation's mail to Cy. @returns it, and the path by which its mails end. */
async function mailed(): Promise<{ mail: string; path: string }> {
  const id = await mails.quotation();
  const [mail = ""] = await mails.sent(() => send(id));
  return {
    mail,
    path: /^List-Unsubscribe: <http:\/\/[\w.:]+(\/[^>]+)>\r?$/im.exec(mail)?.[1] ?? assert.fail(mail),
  };
}

const look = async (path: string) => {
  const response = await fetch(host.url + path, { headers: { accept: "text/html" } });
  return { status: response.status, body: await response.text(), headers: response.headers };
};

/** As a mail program posts: no cookie, no origin, no form of ours. */
const oneClick = (path: string, body: string | FormData = "List-Unsubscribe=One-Click") =>
  fetch(host.url + path, {
    method: "POST",
    redirect: "manual",
    ...(typeof body === "string" ? { headers: { "content-type": "application/x-www-form-urlencoded" } } : {}),
    body,
  });

test("a mail to a customer's contact can be ended by one click of a mail program, and by a link that one sees", async () => {
  const { mail, path } = await mailed();
  assert.match(mail, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/im);
  assert.match(path, /^\/unsubscribe\/\d+\.[\w-]{43}$/);
  assert.equal(mail.split(`${path}"`).length, 2, "once in the page's foot");
  assert.match(mail, /No more mails from Harbour & Pine\? Unsubscribe: http/);
});

test("a mail about an account can be ended by nobody", async () => {
  await host.tenant.data.writing(host.database.system(), async (env) => {
    const [user] = await env.model("res.users").search([["login", "=", "ann"]]);
    await env.model("res.users").write([user as number], { email: "ann@harbour.example" } as never);
    await mailPasswordLinks(env, [user as number]);
  });
  const [mail = ""] = await mails.sent(async () => undefined);
  assert.match(mail, /Choose your password/);
  assert.doesNotMatch(mail, /unsubscribe/i);
});

test("looking changes nothing; one click ends it, in either form, twice as once", async () => {
  const multipart = new FormData();
  multipart.set("List-Unsubscribe", "One-Click");
  for (const body of ["List-Unsubscribe=One-Click", multipart]) {
    await asSystem(cy, { unsubscribed_at: null });
    const { path } = await mailed();
    for (const method of ["GET", "HEAD", "GET"])
      assert.equal((await fetch(host.url + path, { method })).status, 200);
    assert.equal(await stopped(), false);
    const page = await look(path);
    assert.match(page.body, /Send me no more mails/);
    assert.equal(page.headers.get("referrer-policy"), "no-referrer");
    assert.equal((await oneClick(path, body)).status, 200);
    const since = await stopped();
    assert.ok(since);
    assert.match(await (await oneClick(path)).text(), /gets no more mails from us/);
    assert.equal(await stopped(), since);
  }
});

test("whoever sends is told, nothing goes out and the quotation stays as it was; so with another contact of that address", async () => {
  const { path } = await mailed();
  await oneClick(path);
  const id = await mails.quotation();
  const twin = await host.call("ann", "res.partner", "create", [
    { name: "Twin", email: address.toUpperCase() },
  ]);
  for (const partner of [cy, twin]) {
    await host.call("ann", "sale.order", "write", [[id], { partner_id: partner }]);
    const nothing = await mails.sent(() =>
      assert.rejects(send(id), {
        code: "invalid",
        message: /unsubscribed from our mails on \d+ \w+ 20\d\d.*was not sent/,
      }),
    );
    assert.deepEqual(nothing, []);
  }
  const [{ state }] = await host.call("ann", "sale.order", "read", [[id], ["state"]]);
  assert.equal(state, "draft");
  const log = await messagesOf(host.tenant.data.reading(await host.actor("ann")), "res.partner", cy);
  assert.match(log[0]?.subject ?? "", /Unsubscribed/);
  assert.match(log[0]?.author_name ?? "", /link mailed to cy\.andersen/);
});

test("the word holds for every contact of the address, also when the one that was mailed is deleted", async () => {
  const { path } = await mailed();
  const twin = await host.call("ann", "res.partner", "create", [
    { name: "Other twin", email: address.toUpperCase() },
  ]);
  await oneClick(path);
  for (const id of await withAddress()) assert.ok(await stopped(id), `${id}`);
  assert.ok((await withAddress()).includes(twin));
});

test("a shared link goes to no address that wants no mails", async () => {
  const id = await mails.quotation();
  await mails.sent(() => send(id));
  const [shared = ""] = await mails.sent(() =>
    host.call("ann", "sale.order", "action_share", [[id]], { email: address }),
  );
  const path = /^List-Unsubscribe: <http:\/\/[\w.:]+(\/[^>]+)>/im.exec(shared)?.[1] ?? "";
  await oneClick(path);
  await assert.rejects(host.call("ann", "sale.order", "action_share", [[id]], { email: address }), {
    code: "invalid",
  });
});

test("it is undone on the same page, with the page's own token only", async () => {
  const { path } = await mailed();
  await oneClick(path);
  const page = await look(path);
  assert.match(page.body, /Mail to me again/);
  const csrf_token = /name="csrf_token" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  const undo = (token: string) => oneClick(`${path}/undo`, `csrf_token=${token}`);
  assert.equal((await undo("")).status, 403);
  assert.ok(await stopped());
  assert.equal((await undo(csrf_token)).headers.get("location"), path);
  assert.equal(await stopped(), false);
  const id = await mails.quotation();
  assert.equal((await mails.sent(() => send(id))).length, 1);
});

test("a changed link, one of another purpose and a body that says nothing end nothing", async () => {
  const { mail, path } = await mailed();
  const quotation = /\/quotation\/([\w.-]+)/.exec(mail)?.[1] ?? "";
  for (const dead of [`${path.slice(0, -1)}${path.endsWith("A") ? "B" : "A"}`, `/unsubscribe/${quotation}`]) {
    assert.equal((await oneClick(dead)).status, 404, dead);
    assert.equal((await look(dead)).status, 404, dead);
  }
  assert.equal((await look(path.replace("/unsubscribe/", "/quotation/"))).status, 404);
  for (const body of ["", "csrf_token=x", "List-Unsubscribe=Maybe"])
    assert.equal((await oneClick(path, body)).status, 400, body);
  assert.equal((await oneClick(path, `List-Unsubscribe=One-Click&${"x".repeat(8_000)}`)).status, 413);
  assert.equal(await stopped(), false);
});

test("whoever has a contact's former address ends none of its mails", async () => {
  const { path } = await mailed();
  await asSystem(cy, { email: "new@mail.example.com" });
  assert.match((await look(path)).body, /do not mail to cy\.andersen@mail\.example\.com any more/);
  assert.equal((await oneClick(path)).status, 200);
  assert.equal(await stopped(), false);
});

test("nobody inside says it or undoes it for them", async () => {
  for (const unsubscribed_at of ["2026-01-01 00:00:00", false])
    for (const login of ["ann", "admin"])
      await assert.rejects(host.call(login, "res.partner", "write", [[cy], { unsubscribed_at }]), {
        code: "access_denied",
      });
});
