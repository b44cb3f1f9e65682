import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { html } from "@holdfast/framework/http/html-tag";
import type { Tenant } from "@holdfast/framework/http/route";
import { mailModel } from "@holdfast/framework/mail/models";
import { leaseSeconds, pumpMail, retryMinutes } from "@holdfast/framework/mail/pump";
import { type NewMail, queueMail } from "@holdfast/framework/mail/queue";
import {
  type MailTransport,
  type OutgoingMail,
  type SendOutcome,
  smtpTransport,
} from "@holdfast/framework/mail/transport";
import { neutralize } from "@holdfast/framework/modules/install";
import { ManualClock } from "@holdfast/kernel/clock";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
const clock = new ManualClock(Date.UTC(2026, 10, 22, 9));
const sent: OutgoingMail[] = [];

before(async () => {
  host = await companyHost({ clock });
});
after(() => host.close());
beforeEach(() => void sent.splice(0));

/** A server that answers as told, one answer a mail, then accepts. */
function answering(...outcomes: SendOutcome[]): MailTransport {
  return {
    async send(mail) {
      sent.push(mail);
      return outcomes.shift() ?? { kind: "accepted" };
    },
    close: () => undefined,
  };
}

const queue = async (change: Partial<NewMail> = {}) =>
  host.tenant.data.writing(await host.actor("ann"), (env) =>
    queueMail(env, {
      to: "cy@example.com",
      subject: "Hello",
      html: html`<p>Hello</p>`,
      text: "Hello",
      ...change,
    }),
  );

const stateOf = async (id: number) => {
  const [row] = await host.tenant.data
    .reading(host.database.system())
    .of(mailModel)
    .read([id], ["state", "attempts", "failure"]);
  return [row?.state, row?.attempts, row?.failure];
};

test("a mail goes out once, also when two pumps run at once", async () => {
  const ids = [];
  for (let i = 0; i < 25; i++) ids.push(await queue({ subject: `Mail ${i}` }));
  const transport = answering();
  await Promise.all([pumpMail(host.tenant, transport), pumpMail(host.tenant, transport)]);
  await pumpMail(host.tenant, transport);
  assert.deepEqual(sent.map((mail) => mail.subject).sort(), ids.map((_id, i) => `Mail ${i}`).sort());
  for (const id of ids) assert.deepEqual(await stateOf(id), ["sent", 1, null]);
});

test("what is rolled back is not sent", async () => {
  const lost = host.tenant.data.writing(await host.actor("ann"), async (env) => {
    await queueMail(env, { to: "cy@example.com", subject: "Never", html: html`<p>x</p>`, text: "x" });
    throw new Error("rolled back");
  });
  await assert.rejects(lost);
  await pumpMail(host.tenant, answering());
  assert.deepEqual(sent, []);
});

test("a failure is tried again after longer and longer waits, then the mail is dead and says why", async () => {
  const id = await queue();
  const failed = { kind: "failed", reason: "451 try later" } as const;
  for (const [at, minutes] of retryMinutes.entries()) {
    assert.deepEqual(await pumpMail(host.tenant, answering(failed)), { sent: 0, failed: 1, dead: 0 });
    assert.deepEqual(await stateOf(id), ["outgoing", at + 1, "451 try later"]);
    clock.advance(minutes * 60_000 - 2_000);
    assert.deepEqual(await pumpMail(host.tenant, answering(failed)), { sent: 0, failed: 0, dead: 0 });
    clock.advance(2_000);
  }
  assert.deepEqual(await pumpMail(host.tenant, answering(failed)), { sent: 0, failed: 0, dead: 1 });
  assert.deepEqual(await stateOf(id), ["dead", retryMinutes.length + 1, "451 try later"]);
  assert.equal(new Set(sent.map((mail) => mail.messageId)).size, 1);
});

test("what the server refuses for good is not tried again", async () => {
  const id = await queue();
  assert.deepEqual(await pumpMail(host.tenant, answering({ kind: "refused", reason: "550 no such user" })), {
    sent: 0,
    failed: 0,
    dead: 1,
  });
  assert.deepEqual(await stateOf(id), ["dead", 1, "550 no such user"]);
});

test("a sender that died loses its lease, and another sends the mail", async () => {
  const id = await queue();
  const dying: MailTransport = { send: () => Promise.reject(new Error("killed")), close: () => undefined };
  await assert.rejects(pumpMail(host.tenant, dying), /killed/);
  await pumpMail(host.tenant, answering());
  assert.deepEqual([sent, (await stateOf(id))[0]], [[], "sending"]);
  clock.advance(leaseSeconds * 1_000 + 1_000);
  await pumpMail(host.tenant, answering());
  assert.deepEqual(await stateOf(id), ["sent", 2, null]);
});

test("a line break in a header, and what is no address, is refused before anything is written", async () => {
  for (const subject of ["a\r\nBcc: x@example.com", "a\nb", "a\u2028b", "a\u0000b"])
    await assert.rejects(queue({ subject }), { code: "invalid" });
  await assert.rejects(queue({ fromName: "Ann\r\nBcc: x@example.com" }), { code: "invalid" });
  for (const to of [
    "a@b.example, c@d.example",
    "a@b.example\r\nBcc: c@d.example",
    "no address",
    "<a@b.example>",
    '"x y"@b.example',
    "",
  ])
    await assert.rejects(queue({ to }), { code: "invalid" });
  await assert.rejects(queue({ text: "x".repeat(70_000) }), { code: "too_large" });
});

test("a neutralized copy sends nothing, and what waited in it is held for good", async () => {
  const id = await queue();
  const copy: Tenant = { ...host.tenant, neutralized: true };
  assert.deepEqual(await pumpMail(copy, answering()), { sent: 0, failed: 0, dead: 0 });
  assert.deepEqual([sent, (await stateOf(id))[0]], [[], "outgoing"]);
  await neutralize(host.tenant.data);
  await pumpMail(host.tenant, answering());
  assert.deepEqual([sent, (await stateOf(id))[0]], [[], "held"]);
});

test("nobody reads what a mail says, the administrator included", async () => {
  const env = host.tenant.data.reading(await host.actor("admin"));
  for (const field of ["body_text", "body_html", "lease"])
    await assert.rejects(env.model("mail.mail").searchRead([], [field as never]), { code: "invalid" });
  assert.ok((await env.model("mail.mail").searchRead([], ["subject" as never])).length > 0);
});

test("an SMTP server that is not there is a failure that may pass", async () => {
  const transport = smtpTransport({ host: "127.0.0.1", port: 1 });
  const outcome = await transport.send({
    from: { name: "A", address: "a@example.com" },
    to: "b@example.com",
    replyTo: null,
    unsubscribe: null,
    subject: "s",
    html: "<p>h</p>",
    text: "t",
    messageId: "1@example.com",
  });
  transport.close();
  assert.equal(outcome.kind, "failed");
});
