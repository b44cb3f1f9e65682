import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { partnerModel } from "@holdfast/app-base/partner";
import { orderModel } from "@holdfast/app-sales/order";
import { html } from "@holdfast/framework/http/html-tag";
import { usersModel } from "@holdfast/framework/identity/models";
import { logMessages } from "@holdfast/framework/mail/messages";
import { queueMail } from "@holdfast/framework/mail/queue";
import type { DataSource } from "@holdfast/framework/model/environment";
import { sql } from "@holdfast/framework/sql/sql";
import { present } from "@holdfast/kernel/assert";
import { BackupTransfer } from "@holdfast/panel/backup";
import { download, upload } from "@holdfast/protocol/call-bytes";
import {
  createCustomer,
  proveCustomerBackup,
  restoreCustomerBackup,
  restoreOverLive,
  takeCustomerBackup,
  undoLastRestore,
} from "@holdfast/protocol/control-methods";
import { erasePersonOf, restoreBackupParts } from "@holdfast/protocol/parts-methods";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import { controlActor } from "../actor.ts";
import { Installation } from "../testing/installation.ts";
import { withControlData, withCustomerData } from "../testing/open-data.ts";

const customer = "acme";
let installation: Installation;
let orderName: string | undefined;
let partnerId: number;
let backupId: Awaited<ReturnType<typeof takeBackup>>;

before(async () => {
  installation = await Installation.start();
  await installation.askControl(createCustomer, { name: customer, demoData: true });
  ({ partnerId, orderName } = await withCustomerData(installation, customer, makePerson));
  backupId = await takeBackup();
});
after(() => installation?.remove());

const takeBackup = async () =>
  (await installation.askControl(takeCustomerBackup, { customer })).backup.backupId;

/** In every place that we know of: the contact, a sign-in, an order that is confirmed, its messages, mail. */
function makePerson(data: DataSource): Promise<{ partnerId: number; orderName: string | undefined }> {
  return data.writing(controlActor, async (env) => {
    const email = "zelda.quist@example.com";
    const contact = {
      name: "Zelda Quist",
      email,
      phone: "+49 Quist 1",
      comment: "Called Quist",
      street: "Quist Street",
    };
    const id = present((await env.of(partnerModel).create([contact]))[0], "a contact");
    await env.of(usersModel).create([{ name: "Zelda Quist", login: email, email, partner_id: id }]);
    const [demo] = await env.of(orderModel).searchRead([], ["company_id"], { limit: 1 });
    const company_id = present(demo, "a quotation of the demo").company_id.id;
    const order = {
      partner_id: id,
      company_id,
      note: "For Zelda Quist",
      signed_by: "Zelda Quist",
      state: "sale" as const,
    };
    const orderId = present((await env.of(orderModel).create([order]))[0], "an order");
    await logMessages(env, [
      { model: "res.partner", id, kind: "note", subject: "About Zelda Quist" },
      {
        model: "sale.order",
        id: orderId,
        kind: "message",
        subject: `Sent to ${email}`,
        authorName: "Zelda Quist",
      },
    ]);
    await queueMail(env, {
      to: email,
      subject: "Dear Zelda Quist",
      html: html`<p>Zelda Quist</p>`,
      text: "Zelda Quist",
    });
    const [made] = await env.of(orderModel).read([orderId], ["name"]);
    return { partnerId: id, orderName: made?.name ?? undefined };
  });
}

async function fetchZip(by: string) {
  const whole = { of: { customer }, backupId, by, fromByte: 0, toByte: null };
  return (await download(installation.folder.controlSocket, downloadBackup, whole)).body;
}

/** Every table that still says anything of the person. */
function traces(name: string): Promise<string[]> {
  return withCustomerData(installation, name, async (_data, database) => {
    const rows = await database.rows<{ line: string }>(sql`
      SELECT relname || ': ' || n AS line FROM (SELECT relname, (xpath('/row/n/text()', query_to_xml(
        format('SELECT count(*) AS n FROM %I t WHERE t::text ILIKE %L OR t::text ILIKE %L', relname, '%zelda%', '%quist%'),
        false, true, '')))[1]::text AS n FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) found
      WHERE n <> '0'`);
    return rows.map(({ line }) => line);
  });
}

test("a person is found nowhere once erased; a confirmed order keeps its number with an anonymous party", async () => {
  assert.ok((await traces(customer)).length >= 5, "there was something to find");
  const fetched = await fetchZip("zelda.quist@example.com from ::1");
  fetched.destroy();
  const namesake = "mazelda.quist@example.com from ::1";
  (await fetchZip(namesake)).destroy();
  const erased = await installation.askControl(erasePersonOf, { customer, partnerId, confirm: customer });
  assert.deepEqual([erased.contacts, erased.users], [1, 1]);
  assert.deepEqual(await traces(customer), []);
  const transfers = await withControlData(installation, (data) =>
    data.reading(controlActor).of(BackupTransfer).searchRead([], ["by"]),
  );
  assert.deepEqual(
    transfers.map(({ by }) => by).toSorted(),
    ["Erased person", namesake],
    "nor in the list of who fetched backups, where others stay",
  );
  await withCustomerData(installation, customer, async (data) => {
    const env = data.reading(controlActor);
    const [order] = await env.of(orderModel).searchRead([["partner_id", "=", partnerId]], ["name", "state"], {
      limit: 1,
    });
    assert.deepEqual([order?.name, order?.state], [orderName, "sale"]);
    const [contact] = await env
      .of(partnerModel)
      .searchRead([["id", "=", partnerId]], ["name", "active"], { activeOnly: false, limit: 1 });
    assert.deepEqual([contact?.name, contact?.active], [`Erased person ${partnerId}`, false]);
  });
});

test("a backup from before brings nobody back: on the side, over live, by parts, as a proof", async () => {
  await installation.askControl(restoreCustomerBackup, { customer, backupId, as: "acme-copy" });
  assert.deepEqual(await traces("acme-copy"), []);
  await installation.askControl(restoreBackupParts, {
    customer,
    backupId,
    models: ["res.partner", "sale.order"],
    mode: "replace",
    confirm: customer,
  });
  assert.deepEqual(await traces(customer), []);
  await installation.askControl(restoreOverLive, { customer, backupId, confirm: customer });
  assert.deepEqual(await traces(customer), []);
  await installation.askControl(undoLastRestore, { customer, confirm: customer });
  assert.deepEqual(await traces(customer), []);
  await installation.askControl(proveCustomerBackup, { customer, backupId });
});

test("its zip, taken in by another customer, brings nobody back either; nor does the loss of a place that remembers", async () => {
  const body = await fetchZip("a test");
  await installation.askControl(createCustomer, { name: "other", demoData: false });
  const taken = await upload(installation.folder.controlSocket, uploadBackup, {
    input: { of: { customer: "other" }, by: "a test" },
    body,
  });
  rmSync(installation.folder.erased, { recursive: true });
  await installation.agent.stop();
  await installation.startAgent();
  const wish = { customer: "other", backupId: taken.backupId, confirm: "other" };
  await installation.askControl(restoreOverLive, wish);
  assert.deepEqual(await traces("other"), []);
});

test("what an earlier restore kept for undoing goes with the person, and so do copies", async () => {
  const { partnerId: second } = await withCustomerData(installation, customer, makePerson);
  const before = await takeBackup();
  await installation.askControl(restoreCustomerBackup, { customer, backupId: before, as: "acme-second" });
  await installation.askControl(restoreOverLive, { customer, backupId: before, confirm: customer });
  const erased = await installation.askControl(erasePersonOf, {
    customer,
    partnerId: second,
    confirm: customer,
  });
  assert.equal(erased.copies, 2);
  assert.deepEqual(await traces("acme-second"), []);
  const undo = installation.askControl(undoLastRestore, { customer, confirm: customer });
  await assert.rejects(undo, /no restore of "acme" that could be undone/);
});
