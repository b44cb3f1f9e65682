import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
    /^access_denied A confirmed order is not deleted/,
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
