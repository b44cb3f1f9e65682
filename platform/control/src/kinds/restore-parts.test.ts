import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { partnerCategoryModel, partnerModel } from "@holdfast/app-base/partner";
import { orderModel } from "@holdfast/app-sales/order";
import { attachmentModel } from "@holdfast/framework/files/attachment-model";
import { present } from "@holdfast/kernel/assert";
import { createCustomer, takeCustomerBackup } from "@holdfast/protocol/control-methods";
import { listParts, lookAtBackupParts, restoreBackupParts } from "@holdfast/protocol/parts-methods";
import { controlActor } from "../actor.ts";
import { Installation } from "../testing/installation.ts";
import { type OpenedData, openCustomerData } from "../testing/open-data.ts";
import { snapshot } from "../testing/snapshot.ts";

const customer = "acme";
let installation: Installation;
let live: OpenedData;

before(async () => {
  installation = await Installation.start();
  await installation.askControl(createCustomer, { name: customer, demoData: true });
  live = await openCustomerData(installation, customer);
});
after(async () => {
  await live?.close();
  await installation?.remove();
});

const addPartner = (name: string, values: { category_id?: [6, number, number[]][] } = {}) =>
  live.writing(controlActor, async (env) =>
    present((await env.of(partnerModel).create([{ name, ...values } as never]))[0], "a contact"),
  );
const rename = (id: number, name: string) =>
  live.writing(controlActor, (env) => env.of(partnerModel).write([id], { name }));
const remove = (id: number) => live.writing(controlActor, (env) => env.of(partnerModel).unlink([id]));
const nameOf = async (id: number) =>
  (
    await live
      .reading(controlActor)
      .of(partnerModel)
      .searchRead([["id", "=", id]], ["name"])
  )[0]?.name;
const takeBackup = async () =>
  (await installation.askControl(takeCustomerBackup, { customer })).backup.backupId;
const contacts = { customer, models: ["res.partner"] };

test("people who sign in, their rights and settings are not offered by themselves", async () => {
  const { models } = await installation.askControl(listParts, { customer });
  const names = models.map(({ model }) => model);
  for (const wanted of ["res.partner", "sale.order", "product.template", "ir.attachment"])
    assert.ok(names.includes(wanted), wanted);
  assert.deepEqual(
    names.filter((name) => /^(hf\.|res\.users|res\.groups|ir\.rule|mail\.)/.test(name)),
    [],
  );
  assert.ok(!names.includes("sale.order.line"), "lines come with their quotation");
  const wish = { customer, models: ["res.users"], mode: "merge" as const };
  await assert.rejects(
    installation.askControl(lookAtBackupParts, wish),
    /"res.users" cannot be restored by itself/,
  );
});

test("what is missing or was changed comes back, what came since stays, and all else is not touched", async () => {
  const [kept, changed, gone] = [
    await addPartner("Kept"),
    await addPartner("As it was"),
    await addPartner("Gone"),
  ];
  const tag = await live.writing(controlActor, async (env) =>
    present((await env.of(partnerCategoryModel).create([{ name: "Tag of the backup" }]))[0], "a tag"),
  );
  await live.writing(controlActor, async (env) => {
    await env.of(partnerModel).write([gone], { category_id: [[6, 0, [tag]]] } as never);
    await env.of(attachmentModel).create([
      {
        name: "a.txt",
        mimetype: "text/plain",
        file_size: 1,
        sha256: "a".repeat(64),
        res_model: "res.partner",
        res_id: gone,
      },
    ]);
  });
  const backupId = await takeBackup();
  await rename(changed, "Changed since");
  await remove(gone);
  await live.writing(controlActor, async (env) =>
    env.of(attachmentModel).unlink(await env.of(attachmentModel).search([["res_id", "=", gone]])),
  );
  const since = await addPartner("Came since");
  const [order] = await live.reading(controlActor).of(orderModel).search([], { limit: 1 });
  const orderId = present(order, "a quotation of the demo");
  await live.writing(controlActor, (env) =>
    env.of(orderModel).write([orderId], { note: "after the backup" }),
  );

  const wish = { ...contacts, backupId, mode: "merge" } as const;
  const { parts } = await installation.askControl(lookAtBackupParts, wish);
  const row = present(
    parts.tables.find(({ table }) => table === "Contact"),
    "the row of contacts",
  );
  assert.deepEqual([row.added, row.changed, row.removed], [1, 1, 0]);
  assert.equal(await nameOf(changed), "Changed since", "looking changes nothing");

  const brought = await installation.askControl(restoreBackupParts, { ...wish, confirm: customer });
  assert.equal(brought.parts.applied, true);
  assert.deepEqual(await Promise.all([kept, changed, gone, since].map(nameOf)), [
    "Kept",
    "As it was",
    "Gone",
    "Came since",
  ]);
  const env = live.reading(controlActor);
  const [partner] = await env.of(partnerModel).read([gone], ["category_id"]);
  assert.deepEqual(partner?.category_id, [tag], "with its tags");
  assert.equal(await env.of(attachmentModel).count([["res_id", "=", gone]]), 1, "with its files");
  assert.equal((await env.of(orderModel).read([orderId], ["note"]))[0]?.note, "after the backup");

  const undo = { ...contacts, backupId: brought.safetyBackup, mode: "replace", confirm: customer } as const;
  await installation.askControl(restoreBackupParts, undo);
  assert.deepEqual(await Promise.all([changed, gone, since].map(nameOf)), [
    "Changed since",
    undefined,
    "Came since",
  ]);
});

test("what would be referred to and not be there is named before anything happens", async () => {
  const backupId = await takeBackup();
  const partner = await addPartner("Bought since");
  const orders = live.reading(controlActor).of(orderModel);
  const [demo] = await orders.searchRead([], ["company_id"], { limit: 1 });
  const company_id = present(demo, "a quotation of the demo").company_id.id;
  await live.writing(controlActor, (env) => env.of(orderModel).create([{ partner_id: partner, company_id }]));
  const before = (await snapshot(installation)).filter(
    (line) => !/^catalog|\.hfb|row of (backup|copy of)/.test(line),
  );
  const wish = { ...contacts, backupId, mode: "replace" } as const;
  const { parts } = await installation.askControl(lookAtBackupParts, wish);
  assert.deepEqual(parts.dangling, [{ table: "Quotation", column: "Customer", target: "Contact", rows: 1 }]);
  await assert.rejects(
    installation.askControl(restoreBackupParts, { ...wish, confirm: customer }),
    /1 of "Quotation" would refer by "Customer" to records of "Contact" that are not there then/,
  );
  const after = (await snapshot(installation)).filter(
    (line) => !/^catalog|\.hfb|row of (backup|copy of)/.test(line),
  );
  assert.deepEqual(after, before, "nothing of it stays");
  assert.equal(await nameOf(partner), "Bought since");
  const both = { ...wish, models: ["res.partner", "sale.order"], confirm: customer };
  await installation.askControl(restoreBackupParts, both);
  assert.equal(await nameOf(partner), undefined, "chosen together they go together");
});

test("another name than the database's brings nothing back", async () => {
  const wish = { ...contacts, mode: "merge", confirm: "acm" } as const;
  await assert.rejects(installation.askControl(restoreBackupParts, wish), /does not say "acme"/);
});

test("who unsubscribed since the backup stays so when contacts come back", async () => {
  const id = await addPartner("Wants no mails");
  const backupId = await takeBackup();
  await live.writing(controlActor, async (env) => {
    const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    await env.of(partnerModel).write([id], { name: "Renamed since", unsubscribed_at: now });
  });
  await installation.askControl(restoreBackupParts, {
    ...contacts,
    backupId,
    mode: "merge",
    confirm: customer,
  });
  const [back] = await live.reading(controlActor).of(partnerModel).read([id], ["name", "unsubscribed_at"]);
  assert.equal(back?.name, "Wants no mails");
  assert.notEqual(back?.unsubscribed_at, null);
});
