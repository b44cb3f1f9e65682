import { companyModel } from "@holdfast/app-base/company";
import { partnerModel } from "@holdfast/app-base/partner";
import type { messagesOf } from "@holdfast/framework/mail/messages";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { CaughtMails } from "./caught-mails.ts";
import type { CompanyHost } from "./company-host.ts";

/** The product that may leak: the real data layer with real apps, or one in which a mistake is planted. */
export interface Product {
  readonly data: DataSource;
  readonly messagesOf: typeof messagesOf;
}

/** Where the attack takes place. */
export interface Scene extends Product {
  readonly host: CompanyHost;
  readonly mails: CaughtMails;
}

/** What Ann may not know: a product's cost in whole euros, and what Bo's own quotation is about. */
export interface Hidden {
  readonly cost: number;
  readonly limit: number;
}

/** Numbers that a secret may be: of four digits, as no other number is that Ann is told. */
export const leastSecret = 1_000;
export const mostSecret = 9_999;
const code = "HP-CHA-010";
/** An address of a contact that Ann may not see. */
export const stranger = "stranger@other.example";

/** A contact of another company than Ann's, who wants no mails since a day that nobody of hers may know. */
function strangerWantsNoMails({ host }: Scene, { limit }: Hidden): Promise<void> {
  const { data, system } = host.database;
  return data.writing(system(), async (env) => {
    const since = Temporal.Instant.from("2020-01-01T00:00:00Z").add({ hours: 24 * (limit % 1_000) });
    const contacts = env.of(partnerModel);
    const [known] = await contacts.search([["email", "=", stranger]], { limit: 1 });
    if (known !== undefined) return contacts.write([known], { unsubscribed_at: since });
    const [ours] = await env.of(companyModel).searchRead([], ["currency_id"], { limit: 1 });
    const company = { name: "Elsewhere", currency_id: ours?.currency_id.id as number };
    const [company_id] = await env.of(companyModel).create([company]);
    const values = { name: "Stranger", email: stranger, company_id, unsubscribed_at: since };
    await contacts.create([values as never]);
  });
}

/** What Bo does, who may: a change of the cost, and a quotation of his own with a note on it, mailed to somebody. */
export async function boWorks(scene: Scene, hidden: Hidden): Promise<number> {
  const { host } = scene;
  await strangerWantsNoMails(scene, hidden);
  const [product] = await host.call("bo", "product.template", "search", [[["default_code", "=", code]]]);
  await host.call("bo", "product.template", "write", [[product], { standard_price: `${hidden.cost}.00` }]);
  const [partner] = await host.call("bo", "res.partner", "search", [[["name", "=", "Cy Andersen"]]]);
  const order = await host.call("bo", "sale.order", "create", [
    { partner_id: partner, order_line: [[0, 0, { name: "Secret", price_unit: 1 }]] },
  ]);
  await host.call("bo", "sale.order", "action_quotation_send", [[order]]);
  await host.call("bo", "sale.order", "message_post", [[order]], { body: `limit ${hidden.limit}` });
  await host.call("bo", "sale.order", "action_share", [[order]], {
    email: `limit-${hidden.limit}@x.example`,
  });
  return order;
}
