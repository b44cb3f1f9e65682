import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { pumpMail } from "@holdfast/framework/mail/pump";
import { smtpTransport } from "@holdfast/framework/mail/transport";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ManualClock } from "@holdfast/kernel/clock";
import { SMTPServer } from "smtp-server";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
let smtp: SMTPServer;
const mails: string[] = [];
const clock = new ManualClock(Date.UTC(2026, 10, 22, 9));

before(async () => {
  host = await companyHost({ clock });
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) =>
      void textOf(stream).then((mail) => {
        mails.push(mail);
        done();
      }),
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await host.close();
});

const call = async (login: string, model: string, method: string, args: unknown[], kwargs = {}) =>
  JSON.parse(
    JSON.stringify(
      await dispatch(host.tenant.data, await host.actor(login), { model, method, args, kwargs }),
    ),
  );

/** A quotation of Ann's, mailed to its customer. @returns its id and the path in the mail. */
async function mailed(
  values: Record<string, unknown> = {},
): Promise<{ id: number; path: string; mail: string }> {
  const [cy] = await call("ann", "res.partner", "search", [[["name", "=", "Cy Andersen"]]]);
  const [product] = await call("ann", "product.product", "search", [[["default_code", "=", "HP-CHA-010"]]]);
  const order_line = [
    [0, 0, { product_id: product, product_uom_qty: 4 }],
    [0, 0, { name: '<b>Wrapping</b> & "bows"', price_unit: 5 }],
  ];
  const id = await call("ann", "sale.order", "create", [{ partner_id: cy, order_line, ...values }]);
  await call("ann", "sale.order", "action_quotation_send", [[id]]);
  const transport = smtpTransport({ host: "127.0.0.1", port: (smtp.server.address() as AddressInfo).port });
  const before = mails.length;
  await pumpMail(host.tenant, transport);
  transport.close();
  assert.equal(mails.length, before + 1);
  const mail = (mails.at(-1) ?? "").replace(/=\r?\n/g, "").replace(/=3D/g, "=");
  const path = /http:\/\/127\.0\.0\.1:\d+(\/quotation\/[\w.-]+)/.exec(mail)?.[1] as string;
  return { id, path, mail };
}

const page = async (path: string) => {
  const response = await fetch(host.url + path, { headers: { accept: "text/html" } });
  return { status: response.status, body: await response.text(), headers: response.headers };
};

const hidden = (body: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? "";

/** The form as the page has it at this moment. */
async function formOf(path: string): Promise<Record<string, string>> {
  const { body } = await page(path);
  return { csrf_token: hidden(body, "csrf_token"), seen: hidden(body, "seen"), signer: "Cy Andersen" };
}

async function accept(path: string, change: Record<string, string> = {}, opened?: Record<string, string>) {
  const form = { ...(opened ?? (await formOf(path))), ...change };
  return fetch(`${host.url}${path}/confirm`, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form),
  });
}

const stateOf = async (id: number) =>
  (await call("ann", "sale.order", "read", [[id], ["state", "signed_by"]]))[0];

test("the mail goes to the customer in two forms, everything in it escaped, with the link and no copy of it anywhere", async () => {
  const { id, path, mail } = await mailed();
  assert.match(mail, /^To: cy\.andersen@mail\.example\.com$/im);
  assert.match(mail, /multipart\/alternative/);
  assert.match(path, /^\/quotation\/\d+\.[\w-]{43}$/);
  const rows = await host.tenant.data
    .reading(host.database.system())
    .model("mail.mail")
    .searchRead([["res_id", "=", id]], ["body_text" as never]);
  assert.doesNotMatch(JSON.stringify(rows), new RegExp(path.split(".")[1] as string));
});

test("the page shows the quotation without any script, and takes words as words", async () => {
  const { path } = await mailed();
  const { status, body, headers } = await page(path);
  assert.equal(status, 200);
  assert.match(body, /Dining chair, ash/);
  assert.match(body, /€919\.76/);
  assert.match(body, /&lt;b&gt;Wrapping&lt;\/b&gt; &amp;/);
  assert.doesNotMatch(body, /<script|<b>Wrapping/);
  assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.match(headers.get("cache-control") ?? "", /no-store/);
});

test("accepting counts once, says who, and everybody inside sees it", async () => {
  const { id, path } = await mailed();
  const form = await formOf(path);
  const response = await accept(path, {}, form);
  assert.deepEqual([response.status, response.headers.get("location")], [303, path]);
  assert.deepEqual(await stateOf(id), { id, state: "sale", signed_by: "Cy Andersen" });
  assert.match((await page(path)).body, /Accepted by Cy Andersen on 22 November 2026/);
  const again = await accept(path, {}, form);
  assert.equal(again.status, 422);
  assert.match(await again.text(), /Accepted by Cy Andersen/);
  const { messagesOf } = await import("@holdfast/framework/mail/messages");
  const log = await messagesOf(host.tenant.data.reading(await host.actor("ann")), "sale.order", id);
  assert.deepEqual(
    log.map((line) => [line.kind, line.subject, line.author_name]),
    [
      ["change", "State: Sent → Confirmed", "Cy Andersen (cy.andersen@mail.example.com)"],
      [
        "message",
        `Mailed to cy.andersen@mail.example.com: Harbour & Pine: quotation ${(await call("ann", "sale.order", "read", [[id], ["name"]]))[0].name}`,
        null,
      ],
      ["change", "State: Quotation → Sent", null],
    ],
  );
});

test("two who accept at once: one is told that it is done", async () => {
  const { id, path } = await mailed();
  const statuses = (await Promise.all([accept(path), accept(path)]))
    .map((response) => response.status)
    .sort();
  assert.equal(statuses[0], 303);
  assert.equal((await stateOf(id)).state, "sale");
  const { messagesOf } = await import("@holdfast/framework/mail/messages");
  const log = await messagesOf(host.tenant.data.reading(await host.actor("ann")), "sale.order", id);
  assert.equal(log.filter((line) => line.subject === "State: Sent → Confirmed").length, 1);
});

test("what was changed while it was read is not accepted", async () => {
  const { id, path } = await mailed();
  const seen = hidden((await page(path)).body, "seen");
  await call("ann", "sale.order", "write", [
    [id],
    { order_line: [[0, 0, { name: "Surprise", price_unit: 999 }]] },
  ]);
  const response = await accept(path, { seen });
  assert.equal(response.status, 422);
  assert.match(await response.text(), /changed while you read it/);
  assert.equal((await stateOf(id)).state, "sent");
});

test("a form without its token, without a name or with a name of line breaks is refused", async () => {
  const { id, path } = await mailed();
  assert.equal((await accept(path, { csrf_token: "" })).status, 403);
  assert.equal(
    (await accept(path, { csrf_token: hidden((await page((await mailed()).path)).body, "csrf_token") }))
      .status,
    403,
  );
  assert.equal((await accept(path, { signer: "  " })).status, 422);
  assert.equal((await accept(path, { signer: "x".repeat(121) })).status, 422);
  assert.equal((await stateOf(id)).state, "sent");
});

test("changed, swapped, foreign, expired and revoked links give one and the same page", async () => {
  const one = await mailed();
  const other = await mailed();
  const [id = "", mac = ""] = (one.path.split("/").at(-1) ?? "").split(".");
  const swapped = `/quotation/${id}.${(other.path.split("/").at(-1) ?? "").split(".")[1]}`;
  const changed = `/quotation/${id}.${mac.slice(0, -2)}${mac.endsWith("AA") ? "BB" : "AA"}`;
  const answers = await Promise.all(
    [swapped, changed, `/quotation/${Number(id) + 900}.${mac}`, "/quotation/x"].map(page),
  );
  const reset = await host.tenant.data.writing(host.database.system(), async (env) => {
    const { createLink } = await import("@holdfast/framework/identity/links");
    return createLink(env, {
      purpose: "password.reset",
      model: "res.users",
      recordId: 1,
      recipient: "a@example.com",
      lifeMinutes: 60,
      maxUses: 1,
      path: "/x/:token",
    });
  });
  const { withSignedLinks } = await import("@holdfast/framework/identity/links");
  const signed = await withSignedLinks(host.tenant, host.tenant.data.reading(host.database.system()), reset);
  answers.push(await page(`/quotation/${signed.split("/").at(-1)}`));
  const { revokeLinks } = await import("@holdfast/framework/identity/links");
  await host.tenant.data.writing(host.database.system(), (env) =>
    revokeLinks(env, "sale_quotation", "sale.order", [one.id]),
  );
  answers.push(await page(one.path));
  clock.advance(91 * 86_400_000);
  answers.push(await page(other.path));
  clock.advance(-91 * 86_400_000);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]));
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
});

test("a quotation past its day, cancelled or set back to draft is shown as such and cannot be accepted", async () => {
  const { id, path } = await mailed({ validity_date: "2026-11-22" });
  const form = await formOf(path);
  assert.notEqual(form["csrf_token"], "");
  clock.advance(86_400_000);
  assert.match((await page(path)).body, /was valid until 22 November 2026/);
  assert.equal((await accept(path, {}, form)).status, 422);
  clock.advance(-86_400_000);
  await call("ann", "sale.order", "action_draft", [[id]]);
  const draft = await page(path);
  assert.match(draft.body, /is being changed/);
  assert.doesNotMatch(draft.body, /Dining chair/);
  await call("ann", "sale.order", "action_cancel", [[id]]);
  assert.match((await page(path)).body, /was withdrawn/);
  assert.equal((await accept(path, {}, form)).status, 422);
});

test("a link reads its quotation and nothing else", async () => {
  const { linkActor } = await import("@holdfast/framework/access/actor");
  const { id } = await mailed();
  const env = host.tenant.data.reading(linkActor("sale_quotation", id));
  assert.deepEqual(await env.model("sale.order").search([]), [id]);
  assert.equal((await env.model("sale.order.line").search([])).length, 2);
  for (const model of host.tenant.data.registry.models.keys()) {
    if (model.startsWith("sale.order")) continue;
    await assert.rejects(env.model(model).search([]), { code: "access_denied" }, model);
  }
  await assert.rejects(
    host.tenant.data.writing(linkActor("sale_quotation", id), (writing) =>
      writing.model("sale.order").write([id], {}),
    ),
    { code: "access_denied" },
  );
});

test("a quotation without lines or a customer without an address is not sent, and stays as it was", async () => {
  const partner = await call("ann", "res.partner", "create", [{ name: "Nobody Mail" }]);
  const empty = await call("ann", "sale.order", "create", [{ partner_id: partner }]);
  await assert.rejects(call("ann", "sale.order", "action_quotation_send", [[empty]]), /has no lines/);
  const order = await call("ann", "sale.order", "create", [
    { partner_id: partner, order_line: [[0, 0, { name: "x", price_unit: 1 }]] },
  ]);
  await assert.rejects(call("ann", "sale.order", "action_quotation_send", [[order]]), /has no email address/);
  assert.equal((await stateOf(order)).state, "draft");
});

test("whoever reads a quotation may leave a note on it, in words alone; nobody else does", async () => {
  const { messagesOf } = await import("@holdfast/framework/mail/messages");
  await call("ann", "sale.order", "message_post", [[1]], { body: "Call <b>them</b>\non Monday" });
  const [line] = await messagesOf(host.tenant.data.reading(await host.actor("bo")), "sale.order", 1);
  assert.deepEqual(
    [line?.kind, line?.author_id?.displayName, line?.body],
    ["note", "Ann Bergström", "<p>Call &lt;b&gt;them&lt;/b&gt;<br />on Monday</p>"],
  );
  const [hidden] = await call("bo", "sale.order", "search", [[["user_id", "=", await host.userId("bo")]]]);
  await assert.rejects(call("ann", "sale.order", "message_post", [[hidden]], { body: "x" }), {
    code: "not_found",
  });
  await assert.rejects(call("ann", "sale.order", "message_post", [[1]], { body: " " }), {
    code: "bad_request",
  });
});

test("a quotation that went over to another customer is closed to the holder of the old link", async () => {
  const { id, path } = await mailed();
  const opened = await formOf(path);
  const values = { name: "Rival Works", email: "rival@example.com", street: "Hidden Lane 7" };
  const rival = await call("ann", "res.partner", "create", [values]);
  await call("ann", "sale.order", "write", [[id], { partner_id: rival }]);
  const after = await page(path);
  assert.equal(after.status, 404);
  assert.doesNotMatch(after.body, /Rival|Hidden/);
  assert.equal((await accept(path, {}, opened)).status, 404);
  assert.deepEqual(await stateOf(id), { id, state: "sent", signed_by: false });
});
