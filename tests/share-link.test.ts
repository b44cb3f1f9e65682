import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { linkActor } from "@holdfast/framework/access/actor";
import { revokeLinks } from "@holdfast/framework/identity/links";
import { mailLimitsModel } from "@holdfast/framework/mail/limits-model";
import { mailModel } from "@holdfast/framework/mail/models";
import { ManualClock } from "@holdfast/kernel/clock";
import { type CaughtMails, caughtMails } from "./caught-mails.ts";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
let mails: CaughtMails;
const clock = new ManualClock(Date.UTC(2026, 10, 22, 9));

before(async () => {
  host = await companyHost({ clock });
  mails = await caughtMails(host);
});
after(async () => {
  await mails.close();
  await host.close();
});

const path = /(\/quotation\/[\w.-]+\/shared)/;

/** A quotation of Ann's that was mailed to Cy and shared with a colleague. */
async function shared(email = "colleague@other.example", days: number | string = 7) {
  const id = await mails.quotation();
  const [mailed] = await mails.sent(() => host.call("ann", "sale.order", "action_quotation_send", [[id]]));
  const [mail] = await mails.sent(() =>
    host.call("ann", "sale.order", "action_share", [[id]], { email, days }),
  );
  return {
    id,
    mail: mail ?? "",
    mailed: /(\/quotation\/[\w.-]+)"/.exec(mailed ?? "")?.[1] ?? "",
    path: path.exec(mail ?? "")?.[1] ?? "",
  };
}

const page = async (address: string) => {
  const response = await fetch(host.url + address, { headers: { accept: "text/html" } });
  return { status: response.status, body: await response.text(), headers: response.headers };
};

test("a shared link shows the quotation, and its page has no way to accept it", async () => {
  const one = await shared();
  assert.match(one.mail, /^To: colleague@other\.example$/im);
  const { status, body, headers } = await page(one.path);
  assert.equal(status, 200);
  assert.match(body, /Dining chair, ash/);
  assert.match(body, /Waiting for its customer/);
  assert.doesNotMatch(body, /<form|csrf_token|Accept and order/);
  assert.match(headers.get("cache-control") ?? "", /no-store/);
  assert.equal(headers.get("referrer-policy"), "no-referrer");
});

test("what only shows opens none of the pages that accept, and the other way round", async () => {
  const one = await shared();
  const token = one.path.split("/")[2] ?? "";
  const customers = one.mailed.split("/")[2] ?? "";
  assert.notEqual(customers, "");
  assert.equal((await page(`/quotation/${customers}`)).status, 200);
  assert.equal((await page(`/quotation/${token}`)).status, 404);
  assert.equal((await page(`/quotation/${customers}/shared`)).status, 404);
  const form = await page(`/quotation/${customers}`);
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(form.body)?.[1] ?? "";
  const answer = await fetch(`${host.url}/quotation/${token}/confirm`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf_token: hidden("csrf_token"), seen: hidden("seen"), signer: "Mallory" }),
  });
  assert.equal(answer.status, 404);
  const [{ state }] = await host.call("ann", "sale.order", "read", [[one.id], ["state"]]);
  assert.equal(state, "sent");
});

test("its holder reads one quotation with its lines and changes nothing", async () => {
  const { id } = await shared();
  const env = host.tenant.data.reading(linkActor("sale_quotation_share", id));
  assert.deepEqual(await env.model("sale.order").search([]), [id]);
  for (const model of host.tenant.data.registry.models.keys()) {
    if (model.startsWith("sale.order")) continue;
    await assert.rejects(env.model(model).search([]), { code: "access_denied" }, model);
  }
  for (const method of ["write", "unlink"] as const)
    await assert.rejects(
      host.tenant.data.writing(linkActor("sale_quotation_share", id), (writing) =>
        method === "write"
          ? writing.model("sale.order").write([id], {})
          : writing.model("sale.order").unlink([id]),
      ),
      { code: "access_denied" },
    );
});

test("expired, revoked, changed and carried over to another customer it is as dead as any", async () => {
  const answers = [];
  const expired = await shared("late@other.example", "7");
  clock.advance(8 * 86_400_000);
  answers.push(await page(expired.path));
  clock.advance(-8 * 86_400_000);
  assert.equal((await page(expired.path)).status, 200);
  const revoked = await shared();
  await host.tenant.data.writing(host.database.system(), (env) =>
    revokeLinks(env, "sale_quotation_share", "sale.order", [revoked.id]),
  );
  answers.push(await page(revoked.path));
  answers.push(await page(expired.path.replace(/[\w-](?=\/shared)/, (last) => (last === "A" ? "B" : "A"))));
  const over = await shared();
  const rival = await host.call("ann", "res.partner", "create", [
    { name: "Rival Works", email: "r@example.com" },
  ]);
  await host.call("ann", "sale.order", "write", [[over.id], { partner_id: rival }]);
  answers.push(await page(over.path));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]));
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
  assert.doesNotMatch(answers.at(-1)?.body ?? "", /Rival/);
});

test("a draft shows nothing so it is not shared; days and address are checked; nobody shares what they may not write", async () => {
  const id = await mails.quotation();
  const share = (login: string, ids: number[], given: Readonly<Record<string, unknown>>) =>
    host.call(login, "sale.order", "action_share", [ids], given);
  const email = "colleague@other.example";
  await assert.rejects(share("ann", [id], { email }), /it is no offer at the moment/);
  await host.call("ann", "sale.order", "action_quotation_send", [[id]]);
  for (const days of [0, 91, 1e9, -1])
    await assert.rejects(share("ann", [id], { email, days }), /1 to 90 are/);
  for (const bad of ["", "nobody", "a@b\nBcc: c@d.example", "a@b, c@d"])
    await assert.rejects(share("ann", [id], { email: bad }), { code: "invalid" }, JSON.stringify(bad));
  await assert.rejects(share("ann", [], { email }), { code: "invalid" });
  const [hidden] = await host.call("bo", "sale.order", "search", [
    [["user_id", "=", await host.userId("bo")]],
  ]);
  await assert.rejects(share("ann", [hidden], { email }), { code: "not_found" });
});

test("people send so many mails a day to addresses outside and no more, each and all together; then a day later again", async () => {
  const one = await shared();
  const limit = (per_person: number, together: number) =>
    host.database.data.writing(host.database.system(), async (env) => {
      const limits = env.of(mailLimitsModel);
      await limits.write(await limits.search([]), { per_person, together });
    });
  const share = (email: string, login = "ann") =>
    host.call(login, "sale.order", "action_share", [[one.id]], { email, days: 7 });
  const mailsOf = () => host.database.data.reading(host.database.system()).of(mailModel).count([]);
  clock.advance(25 * 3_600_000);
  await limit(2, 3);
  await share("eve1@other.example");
  await share("eve2@other.example");
  const before = await mailsOf();
  const refused = {
    code: "too_many",
    message: /had 2 mails sent/,
    hint: /administrator .*Settings, Mail limits/,
  };
  await assert.rejects(share("eve3@other.example"), refused);
  await assert.rejects(host.call("ann", "sale.order", "action_quotation_send", [[one.id]]), {
    code: "too_many",
  });
  assert.equal(await mailsOf(), before, "what was refused was not sent");
  await share("eve3@other.example", "admin");
  await assert.rejects(share("eve4@other.example", "admin"), { message: /^3 mails were sent from here/ });
  await host.tenant.identity.requestReset("ann", "192.0.2.9");
  clock.advance(24 * 3_600_000 + 1);
  await share("eve5@other.example");
  await limit(200, 2_000);
});

test("only an administrator who confirms it raises the limit of mails", async () => {
  const [id] = await host.call("admin", "mail.limits", "search", [[]]);
  await assert.rejects(host.call("ann", "mail.limits", "write", [[id], { per_person: 1_000 }]), {
    name: "ExpectedError",
  });
  await assert.rejects(host.call("admin", "mail.limits", "write", [[id], { per_person: 1_000 }]), {
    code: "confirmation_needed",
  });
});
