import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { attachmentModel } from "@holdfast/framework/files/attachment-model";
import { addAttachment, attachmentsOf, readAttachment } from "@holdfast/framework/files/attachments";
import type { Environment } from "@holdfast/framework/model/environment";
import { trashModel } from "@holdfast/framework/model/trash/trash-model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host?.close());

const call = async (login: string, model: string, method: string, ...args: readonly unknown[]) =>
  dispatch(host.database.data, await host.actor(login), { model, method, args, kwargs: {} });
const refused = async (login: string, model: string, method: string, ...args: readonly unknown[]) => {
  try {
    await call(login, model, method, ...args);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code} ${message}`;
  }
  return assert.fail(`${model}.${method} was answered`);
};
const asAnn = async <T>(work: (env: Environment) => Promise<T>) =>
  host.database.data.writing(await host.actor("ann"), work);

interface TrashAnswer {
  readonly records: readonly {
    readonly id: number;
    readonly display_name: string;
    readonly trash: { readonly takes: number; readonly deleted_by: readonly [number, string] | false };
  }[];
  readonly next: number | false;
}

test("a contact comes back with its people, tags and files; while it is away nobody reaches any of it", async () => {
  const tag = Number(await call("admin", "res.partner.category", "create", { name: "Oak lovers" }));
  const values = { name: "Birch & Sons", is_company: true, category_id: [[6, 0, [tag]]] };
  const id = Number(await call("ann", "res.partner", "create", values));
  const person = Number(await call("ann", "res.partner", "create", { name: "Lea", parent_id: id }));
  const holder = { model: "res.partner", id };
  const file = { sha256: "a".repeat(64), bytes: 3, name: "plan.pdf", mimetype: "application/pdf" };
  const attachment = await asAnn((env) => addAttachment(env, holder, file));
  await call("ann", "res.partner", "message_post", [id], "hello");
  const [was] = (await call("ann", "res.partner", "read", [id])) as Record<string, unknown>[];

  assert.equal(await call("ann", "res.partner", "unlink", [id]), true);
  for (const method of ["read", "write", "message_post", "copy"])
    assert.match(
      await refused("ann", "res.partner", method, [id], { name: "x" }),
      /^(not_found|bad_request)/,
    );
  assert.deepEqual(await call("ann", "res.partner", "search", [["category_id", "=", tag]]), []);
  assert.deepEqual(await call("ann", "res.partner", "name_search", "Birch & Sons"), []);
  await assert.rejects(
    asAnn((env) => readAttachment(env, attachment)),
    { code: "not_found" },
  );
  await assert.rejects(
    asAnn((env) => attachmentsOf(env, holder)),
    { code: "not_found" },
  );
  const [alone] = (await call("ann", "res.partner", "read", [person])) as Record<string, unknown>[];
  assert.deepEqual([alone?.["parent_id"], alone?.["display_name"]], [false, "Lea"]);

  const { records } = (await call("ann", "res.partner", "trash_read")) as TrashAnswer;
  assert.deepEqual(
    [records[0]?.id, records[0]?.display_name, records[0]?.trash.takes],
    [id, "Birch & Sons", 0],
  );
  assert.deepEqual(await call("ann", "res.partner", "trash_restore", [id]), { left_out: [] });
  const [back] = (await call("ann", "res.partner", "read", [id])) as Record<string, unknown>[];
  assert.deepEqual(back, was);
  const [together] = (await call("ann", "res.partner", "read", [person])) as Record<string, unknown>[];
  assert.equal(together?.["display_name"], "Birch & Sons, Lea");
  assert.equal((await asAnn((env) => attachmentsOf(env, holder)))[0]?.id, attachment);
});

test("a product that is deleted and restored is the same variant on quotations", async () => {
  const id = Number(await call("admin", "product.template", "create", { name: "Bench", list_price: 80 }));
  const [was] = (await call("admin", "product.template", "read", [id])) as Record<string, unknown>[];
  await call("admin", "product.template", "unlink", [id]);
  await call("admin", "product.template", "trash_restore", [id]);
  const [back] = (await call("admin", "product.template", "read", [id])) as Record<string, unknown>[];
  assert.deepEqual(back, was);
});

test("a quotation with typed prices comes back to the cent, with its number", async () => {
  const [partner] = (await call("ann", "res.partner", "search", [], 0, 1)) as number[];
  const [variant] = (await call("ann", "product.product", "search", [], 0, 1)) as number[];
  const lines = [
    [0, 0, { product_id: variant, price_unit: 12.34, product_uom_qty: 3 }],
    [0, 0, { name: "By hand", price_unit: 0.07, discount: 50 }],
  ];
  const id = Number(await call("ann", "sale.order", "create", { partner_id: partner, order_line: lines }));
  const selection = { order_line: { fields: { name: {}, price_unit: {}, tax_id: {}, price_total: {} } } };
  // Without its date of change: its sums are computed anew when it is back.
  const whole = async () => [
    ((await call("ann", "sale.order", "read", [id])) as object[]).map((row) => ({ ...row, write_date: 0 })),
    await call("ann", "sale.order", "web_read", [id], selection),
  ];
  const was = await whole();
  await call("ann", "sale.order", "unlink", [id]);
  const page = (await call("ann", "sale.order", "trash_read")) as TrashAnswer;
  assert.equal(page.records.find((one) => one.id === id)?.trash.takes, 2);
  await call("ann", "sale.order", "trash_restore", [id]);
  assert.deepEqual(await whole(), was);
});

test("the trash opens nothing to those who could not delete the record: missing, hidden and live answer alike", async () => {
  const id = Number(await call("ann", "res.partner", "create", { name: "Cedar" }));
  await call("ann", "res.partner", "unlink", [id]);
  const [live] = (await call("ann", "res.partner", "search", [], 0, 1)) as number[];
  for (const method of ["trash_restore", "trash_delete"]) {
    const missing = await refused("ann", "res.partner", method, [999_999]);
    assert.match(missing, /^not_found/);
    assert.equal(await refused("ann", "res.partner", method, [live]), missing);
    assert.equal(await refused("ann", "res.partner", method, [id, 999_999]), missing);
    assert.match(await refused("cy", "res.partner", method, [id]), /^access_denied/);
    assert.match(await refused("ann", "res.partner.category", method, [1]), /^not_found The method/);
    assert.match(await refused("ann", trashModel.name, method, [1]), /^not_found The method/);
  }
  assert.match(await refused("cy", "res.partner", "trash_read"), /^access_denied/);
  for (const method of ["search", "search_read", "read", "unlink", "write", "export_data"])
    assert.match(
      await refused("admin", trashModel.name, method, [1]),
      /^(access_denied|bad_request)/,
      method,
    );
});

test("a quotation that was given to somebody else before it was deleted does not come back to its former owner", async () => {
  const [partner] = (await call("ann", "res.partner", "search", [], 0, 1)) as number[];
  const id = Number(await call("ann", "sale.order", "create", { partner_id: partner }));
  const bo = await host.userId("bo");
  await call("admin", "sale.order", "write", [id], { user_id: bo });
  await call("admin", "sale.order", "unlink", [id]);
  const missing = await refused("ann", "sale.order", "trash_restore", [999_999]);
  assert.equal(await refused("ann", "sale.order", "trash_restore", [id]), missing);
  const { records } = (await call("ann", "sale.order", "trash_read")) as TrashAnswer;
  assert.ok(!records.some((one) => one.id === id));
  assert.deepEqual(await call("bo", "sale.order", "trash_restore", [id]), { left_out: [] });
});

test("what is removed for good takes its files along", async () => {
  const id = Number(await call("ann", "res.partner", "create", { name: "Alder" }));
  const file = { sha256: "b".repeat(64), bytes: 3, name: "x.txt", mimetype: "text/plain" };
  const attachment = await asAnn((env) => addAttachment(env, { model: "res.partner", id }, file));
  await call("ann", "res.partner", "unlink", [id]);
  await call("ann", "res.partner", "trash_delete", [id]);
  const env = host.database.data.reading(host.database.system());
  assert.deepEqual(await env.of(attachmentModel).exists([attachment]), []);
  assert.match(await refused("ann", "res.partner", "trash_restore", [id]), /^not_found/);
});
