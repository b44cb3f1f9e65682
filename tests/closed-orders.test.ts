import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { orderModel } from "@holdfast/app-sales/order";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host?.close());

const call = async (login: string, model: string, method: string, ...args: readonly unknown[]) =>
  dispatch(host.database.data, await host.actor(login), { model, method, args, kwargs: {} });
const refused = async (...asked: Parameters<typeof call>) => {
  const error = await call(...asked).then(
    () => assert.fail(`${asked[1]}.${asked[2]} was answered`),
    (reason: Error & { code?: string }) => reason,
  );
  return `${error.code} ${error.message}`;
};

async function order(): Promise<{ readonly id: number; readonly lines: readonly number[] }> {
  const [partner] = (await call("ann", "res.partner", "search", [], 0, 1)) as number[];
  const order_line = [
    [0, 0, { name: "a", price_unit: 10 }],
    [0, 0, { name: "b", price_unit: 20 }],
  ];
  const id = Number(await call("ann", "sale.order", "create", { partner_id: partner, order_line }));
  const [row] = (await call("ann", "sale.order", "read", [id], ["order_line"])) as { order_line: number[] }[];
  return { id, lines: row?.order_line ?? [] };
}

const closed = /^access_denied This record is a line of a confirmed or cancelled order/;

test("lines of a confirmed order stay as they are, whoever tries by whatever way, and the refusal says why", async () => {
  const { id, lines } = await order();
  const open = await order();
  await call("ann", "sale.order", "action_confirm", [id]);
  const [first, second] = lines as [number, number];
  for (const login of ["ann", "bo", "admin"]) {
    if (login === "bo") continue;
    const write = (values: unknown) => refused(login, "sale.order", "write", [id], { order_line: values });
    assert.match(await write([[1, first, { price_unit: 1 }]]), closed, login);
    assert.match(await write([[2, first]]), closed);
    assert.match(await write([[0, 0, { name: "c" }]]), closed);
    assert.match(await write([[5]]), closed);
    assert.match(await refused(login, "sale.order.line", "write", [second], { discount: 100 }), closed);
    assert.match(await refused(login, "sale.order.line", "unlink", [second]), closed);
    assert.match(await refused(login, "sale.order.line", "create", { order_id: id, name: "c" }), closed);
    assert.match(await refused(login, "sale.order.line", "write", [open.lines[0]], { order_id: id }), closed);
    assert.match(await refused(login, "sale.order.line", "write", [first], { order_id: open.id }), closed);
  }
  const [row] = (await call("ann", "sale.order", "read", [id], ["order_line", "amount_untaxed"])) as {
    order_line: number[];
    amount_untaxed: unknown;
  }[];
  assert.deepEqual(row?.order_line, lines);
  assert.equal(Number(JSON.stringify(row?.amount_untaxed)), 30);
});

test("who changes the words of a line while the quotation is confirmed finds it closed", async () => {
  const { id, lines } = await order();
  let tries = 0;
  const changed = host.database.data.writing(await host.actor("ann"), async (env) => {
    await env.model("sale.order").read([id], ["name" as never]);
    tries += 1;
    if (tries === 1) await call("ann", "sale.order", "action_confirm", [id]);
    await env.model("sale.order.line").write([lines[0] as number], { name: "less" } as never);
  });
  await assert.rejects(changed, { code: "access_denied", message: /stay as they are/ });
  assert.equal(tries, 2, "it was run again");
  const [row] = (await call("ann", "sale.order.line", "read", [lines[0]], ["name"])) as { name: string }[];
  assert.equal(row?.name, "a");
});

test("a confirmed order is not deleted; set back to a quotation it is as open as before", async () => {
  const { id, lines } = await order();
  await call("ann", "sale.order", "action_confirm", [id]);
  assert.match(
    await refused("ann", "sale.order", "unlink", [id]),
    /^access_denied This record is a confirmed order\. It is not deleted/,
  );
  await call("ann", "sale.order", "action_cancel", [id]);
  assert.match(await refused("ann", "sale.order.line", "unlink", [lines[0]]), closed);
  await call("ann", "sale.order", "action_draft", [id]);
  await call("ann", "sale.order.line", "write", [lines[0]], { price_unit: 11 });
  assert.equal(await call("ann", "sale.order", "unlink", [id]), true);
});

test("to whom an order is hidden its lines are missing, not closed", async () => {
  const { id, lines } = await order();
  await call("admin", "sale.order", "write", [id], { user_id: await host.userId("bo") });
  await call("bo", "sale.order", "action_confirm", [id]);
  const missing = await refused("ann", "sale.order.line", "write", [999_999], { discount: 1 });
  assert.equal(await refused("ann", "sale.order.line", "write", [lines[0]], { discount: 1 }), missing);
  assert.equal(
    await refused("ann", "sale.order.line", "create", { order_id: id, name: "x" }),
    await refused("ann", "sale.order.line", "create", { order_id: 999_999, name: "x" }),
  );
});

test("a line without a price does not slip into an order that is confirmed at the same moment", async () => {
  for (const first of ["confirmed", "added"] as const) {
    const { id, lines } = await order();
    let tries = 0;
    const slower =
      first === "confirmed"
        ? host.database.data.writing(await host.actor("ann"), async (env) => {
            await env.model("sale.order").read([id], ["name" as never]);
            tries += 1;
            if (tries === 1) await call("ann", "sale.order", "action_confirm", [id]);
            await env.model("sale.order.line").create([{ order_id: id, name: "slipped in" } as never]);
          })
        : host.database.data.writing(await host.actor("ann"), async (env) => {
            const [seen] = await env.model("sale.order").read([id], ["order_line" as never]);
            tries += 1;
            if (tries === 1)
              await call("ann", "sale.order.line", "create", { order_id: id, name: "before it" });
            await orderModel.methods?.["action_confirm"]?.run(env, [id], {} as never);
            return seen as unknown as { readonly order_line: readonly number[] };
          });
    if (first === "confirmed")
      await assert.rejects(slower, { code: "access_denied", message: /stay as they are/ });
    else assert.equal((await slower)?.order_line.length, lines.length + 1, "who confirms has seen the line");
    assert.equal(tries, 2, `${first}: it was run again`);
    const now = (await call("ann", "sale.order.line", "search", [["order_id", "=", id]])) as number[];
    assert.equal(now.length, lines.length + (first === "added" ? 1 : 0));
  }
});

const kept =
  /^access_denied This record is a confirmed or cancelled order\. Its customer, dates and terms stay as they are/;

test("the customer, the dates and the terms of a confirmed order stay as they are, whoever tries by whatever way", async () => {
  const { id } = await order();
  const [, other] = (await call("ann", "res.partner", "search", [], 0, 2)) as number[];
  const terms = {
    partner_id: other,
    date_order: "2026-01-01 00:00:00",
    validity_date: "2026-01-01",
    note: "for nothing",
  };
  await call("ann", "sale.order", "write", [id], { note: "as agreed" });
  await call("ann", "sale.order", "action_confirm", [id]);
  const fields = [...Object.keys(terms), "company_id", "amount_total"];
  const before = await call("ann", "sale.order", "read", [id], fields);
  for (const login of ["ann", "admin"]) {
    for (const [name, value] of Object.entries(terms))
      assert.match(await refused(login, "sale.order", "write", [id], { [name]: value }), kept, name);
    assert.match(await refused(login, "sale.order", "write", [id], { ...terms, user_id: null }), kept);
    const imported = (await call(login, "sale.order", "load", [".id", "note"], [[id, "for nothing"]])) as {
      readonly ids: unknown;
    };
    assert.equal(imported.ids, false);
  }
  assert.deepEqual(await call("ann", "sale.order", "read", [id], fields), before);
  // What it has already may be said again, and what is not agreed on goes on.
  await call("ann", "sale.order", "write", [id], { note: "as agreed", client_order_ref: "PO 7" });
  await call("ann", "sale.order", "action_cancel", [id]);
  assert.match(await refused("ann", "sale.order", "write", [id], { note: "" }), kept);
  await call("ann", "sale.order", "action_draft", [id]);
  await call("ann", "sale.order", "write", [id], terms);
});

test("several orders are changed together only while all are open; to whom one is hidden it is missing, not closed", async () => {
  const [one, two] = [await order(), await order()];
  await call("ann", "sale.order", "action_confirm", [two.id]);
  assert.match(await refused("ann", "sale.order", "write", [one.id, two.id], { note: "both" }), kept);
  await call("admin", "sale.order", "write", [two.id], { user_id: await host.userId("bo") });
  const missing = await refused("ann", "sale.order", "write", [999_999], { note: "x" });
  assert.equal(await refused("ann", "sale.order", "write", [two.id], { note: "x" }), missing);
  assert.equal(await refused("ann", "sale.order", "write", [one.id, two.id], { note: "x" }), missing);
});

test("who changes the terms while the quotation is confirmed finds them closed", async () => {
  const { id } = await order();
  let tries = 0;
  const changed = host.database.data.writing(await host.actor("ann"), async (env) => {
    await env.model("sale.order").read([id], ["name" as never]);
    tries += 1;
    if (tries === 1) await call("ann", "sale.order", "action_confirm", [id]);
    await env.model("sale.order").write([id], { note: "other terms" } as never);
  });
  await assert.rejects(changed, { code: "access_denied", message: /stay as they are/ });
  assert.equal(tries, 2, "it was run again");
});
