import { companyModel } from "@holdfast/app-base/company";
import { partnerModel } from "@holdfast/app-base/partner";
import { orderModel } from "@holdfast/app-sales/order";
import { lineModel } from "@holdfast/app-sales/order-line";
import { linksModel } from "@holdfast/framework/identity/models";
import type { DataSource } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { probeEmail } from "@holdfast/panel/customer";
import { probeActor } from "@holdfast/trust/probe-actor";

/** A quotation of the canary, and the state in which a probe must find it again. */
export interface CanaryQuotation {
  readonly id: number;
  readonly name: string;
}

const actor = probeActor("OWASP-8");
const partnerName = "Canary of the probe";

/** Writes quotations of one line into a database made for probes, for the block alone; leftovers of killed probes go first. */
export async function withCanaryQuotations<T>(
  data: DataSource,
  count: number,
  block: (quotations: readonly CanaryQuotation[]) => Promise<T>,
): Promise<T> {
  await removeAll(data);
  try {
    return await block(await write(data, count));
  } finally {
    await removeAll(data);
  }
}

async function write(data: DataSource, count: number): Promise<CanaryQuotation[]> {
  const ids = await data.writing(actor, async (env) => {
    const [companyId] = await env.of(companyModel).search([], { order: "id", limit: 1 });
    const [partnerId] = await env.of(partnerModel).create([{ name: partnerName, email: probeEmail }]);
    const order = {
      partner_id: present(partnerId, "the canary's contact"),
      company_id: present(companyId, "the canary's company"),
    };
    const orders = await env.of(orderModel).create(Array.from({ length: count }, () => order));
    await env
      .of(lineModel)
      .create(orders.map((id) => ({ order_id: id, name: "One canary", price_unit: "12.50" })));
    return orders;
  });
  const rows = await data.reading(actor).of(orderModel).read(ids, ["name"]);
  return rows.map(({ id, name }) => ({ id, name: present(name, "a quotation's number") }));
}

/** All that a visit could have changed, as text to compare. */
export async function traceOf(data: DataSource, { id }: CanaryQuotation): Promise<string> {
  const env = data.reading(actor);
  const [order] = await env
    .of(orderModel)
    .read([id], ["state", "write_date", "signed_by", "signed_on", "amount_total"]);
  const links = await env.of(linksModel).searchRead(
    [
      ["res_model", "=", "sale.order"],
      ["res_id", "=", id],
    ],
    ["uses", "revoked", "last_used_at", "write_date"],
    { order: "id" },
  );
  const messages = await env.model("mail.message").count([
    ["model", "=", "sale.order"],
    ["res_id", "=", id],
  ]);
  return JSON.stringify({ order, links, messages });
}

function removeAll(data: DataSource): Promise<void> {
  return data.writing(actor, async (env) => {
    const partners = await env
      .of(partnerModel)
      .search([["name", "=", partnerName]], { activeOnly: false, limit: 1_000 });
    const orders = await env.of(orderModel).search([["partner_id", "in", partners]], { limit: 1_000 });
    const links = await env.of(linksModel).search(
      [
        ["res_model", "=", "sale.order"],
        ["res_id", "in", orders],
      ],
      { limit: 1_000 },
    );
    await env.of(linksModel).unlink(links);
    await env.of(orderModel).unlink(orders);
    await env.of(partnerModel).unlink(partners);
  });
}
