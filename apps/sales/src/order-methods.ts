import { linksPathOf } from "@holdfast/framework/identity/link-routes";
import { messageMethods } from "@holdfast/framework/mail/message-methods";
import type { Environment } from "@holdfast/framework/model/environment";
import { type RemoteMethod, remoteMethod } from "@holdfast/framework/model/model";
import { input, noInput } from "@holdfast/framework/modules/input";
import { oneChosen } from "@holdfast/framework/modules/one-chosen";
import { moveOrders, type OrderStep } from "./order-state.ts";
import { sendQuotations } from "./send-quotation.ts";
import { shareQuotation } from "./share-quotation.ts";

/** What remote callers and buttons do with quotations; each is refused in the wrong state. */
export const orderMethods: Readonly<Record<string, RemoteMethod>> = {
  ...messageMethods("sale.order"),
  action_quotation_send: remoteMethod({
    label: "Send by mail",
    on: "records",
    effect: "write",
    input: noInput,
    async run(env, ids) {
      await sendQuotations(env, ids);
      return true;
    },
  }),
  action_links: remoteMethod({
    label: "Mailed links",
    on: "records",
    effect: "read",
    input: noInput,
    async run(env, ids) {
      const id = oneChosen(ids, "one quotation");
      await env.model("sale.order").read([id], ["id"]);
      return { type: "url", url: linksPathOf("sale.order", id) };
    },
  }),
  action_share: remoteMethod({
    label: "Share to read",
    on: "records",
    effect: "write",
    input: input.strictObject({
      email: input.string().max(254),
      days: input.coerce.number().int().optional(),
    }),
    async run(env, ids, { email, days = 30 }) {
      const id = oneChosen(ids, "one quotation", "refused");
      await shareQuotation(env, id, { email, days });
      return true;
    },
  }),
  action_confirm: step("Confirm", "confirm"),
  action_cancel: step("Cancel", "cancel"),
  action_draft: step("Set back to quotation", "draft"),
};

function step(label: string, name: OrderStep): RemoteMethod {
  return remoteMethod({
    label,
    on: "records",
    effect: "write",
    input: noInput,
    async run(env: Environment, ids: readonly number[]) {
      await moveOrders(env, ids, name);
      return true;
    },
  });
}
