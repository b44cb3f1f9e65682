import { logMessages, type NewMessage } from "@holdfast/framework/mail/messages";
import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";

export type OrderState = "draft" | "sent" | "sale" | "cancel";
export type OrderStep = "send" | "confirm" | "cancel" | "draft";

/** Each step: from which states, to which, and what it is called. */
const steps: Readonly<Record<OrderStep, { from: readonly OrderState[]; to: OrderState; words: string }>> = {
  send: { from: ["draft", "sent"], to: "sent", words: "sent" },
  confirm: { from: ["draft", "sent"], to: "sale", words: "confirmed" },
  cancel: { from: ["draft", "sent", "sale"], to: "cancel", words: "cancelled" },
  draft: { from: ["sent", "cancel"], to: "draft", words: "set back to a quotation" },
};

const labels: Readonly<Record<OrderState, string>> = {
  draft: "Quotation",
  sent: "Sent",
  sale: "Confirmed",
  cancel: "Cancelled",
};

interface OrderRow {
  readonly id: number;
  readonly display_name: string;
  readonly state: OrderState;
}

/**
 * Moves quotations through one step and logs it. All or none.
 *
 * @throws `not_found` or `access_denied` when the actor may not write them; `conflict` in the wrong state.
 */
export async function moveOrders(
  env: Environment,
  ids: readonly number[],
  step: OrderStep,
  log: { readonly authorName?: string; readonly values?: Readonly<Record<string, unknown>> } = {},
): Promise<void> {
  const { from, to, words } = steps[step];
  const rows = await readOrders(env, ids);
  for (const row of rows) if (!from.includes(row.state)) throw wrongState(row, from, words);
  await env.system("the state of a quotation changes by its steps only", async (system) => {
    await system.model("sale.order").write(ids, { state: to, ...log.values } as never);
    if (step === "confirm") await touchLines(system, ids);
  });
  const moved = rows.filter((row) => row.state !== to);
  await logMessages(
    env,
    moved.map((row) => stateChange(row, to, log.authorName)),
  );
}

/**
 * An empty change of the lines: whoever changes one at this moment, having seen the quotation open, collides here and
 * finds it closed when run again. Without it words could be changed under a customer who is just accepting them.
 */
async function touchLines(system: Environment, ids: readonly number[]): Promise<void> {
  const lines = system.model("sale.order.line");
  const own = await lines.search([["order_id", "in", [...ids]]]);
  if (own.length > 0) await lines.write(own, {});
}

/** Reads them as the actor, who must be allowed to write them: an empty change passes right and rule. */
async function readOrders(env: Environment, ids: readonly number[]): Promise<readonly OrderRow[]> {
  const orders = env.model("sale.order");
  if (env.actor.kind !== "link") await orders.write(ids, {});
  return (await orders.read(ids, ["display_name", "state" as never])) as unknown as readonly OrderRow[];
}

function stateChange(row: OrderRow, to: OrderState, authorName: string | undefined): NewMessage {
  return {
    model: "sale.order",
    id: row.id,
    kind: "change",
    subject: `State: ${labels[row.state]} → ${labels[to]}`,
    ...(authorName === undefined ? {} : { authorName }),
  };
}

function wrongState(row: OrderRow, from: readonly OrderState[], words: string) {
  const wanted = from.map((state) => `"${labels[state]}"`).join(" or ");
  return refusal(
    "conflict",
    `${row.display_name} cannot be ${words}: it is "${labels[row.state]}", wanted is ${wanted}.`,
    "Reload it: someone may have changed it meanwhile.",
  );
}
