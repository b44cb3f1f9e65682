import type { DataSource } from "@holdfast/framework/model/environment";
import { deliveryModel, webhookModel } from "@holdfast/framework/webhooks/models";
import { present } from "@holdfast/kernel/assert";
import type { Random } from "@holdfast/kernel/random";
import { probeActor } from "@holdfast/trust/probe-actor";

/**
 * Where planted webhooks go: to this machine, which the sender always refuses once it has looked the name up. A try
 * is noted all the same, and no packet leaves.
 */
const nowhere = "https://localhost:65535/drill";
const told = "res.partner";

/** A webhook that asks for new contacts, with one message that waits already. */
export interface PlantedWebhook {
  readonly hookId: number;
  /** How many of its messages there are, and how many the sender has taken up. */
  look(): Promise<{ readonly messages: number; readonly tried: number }>;
  remove(): Promise<void>;
}

/** Plants one as if its owner had switched it on. */
export async function plantWebhook(
  data: DataSource,
  { userId, random }: { readonly userId: number; readonly random: Random },
): Promise<PlantedWebhook> {
  const actor = probeActor("BAK-5");
  const name = `Drill ${Buffer.from(random.bytes(6)).toString("hex")}`;
  const hookId = await data.writing(actor, async (env) => {
    const secret = `whsec_${Buffer.from(random.bytes(32)).toString("base64")}`;
    const [hook] = await env
      .of(webhookModel)
      .create([{ name, url: nowhere, user_id: userId, res_model: told, state: "on", secret }]);
    const hook_id = present(hook, "the planted webhook");
    const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    const [known] = await env.model(told).search([], { limit: 1 });
    const records = known === undefined ? [] : [{ id: known }];
    const body = { type: `${told}.created`, timestamp: now.toString(), data: { model: told, records } };
    await env
      .of(deliveryModel)
      .create([{ hook_id, event: `${told}.created`, message_id: name, body, next_attempt: now }]);
    return hook_id;
  });
  const reading = () => data.reading(actor).of(deliveryModel);
  return {
    hookId,
    look: async () => {
      const rows = await reading().searchRead([["hook_id", "=", hookId]], ["attempts"], { limit: 100 });
      return { messages: rows.length, tried: rows.filter(({ attempts }) => attempts > 0).length };
    },
    remove: () => data.writing(actor, (env) => env.of(webhookModel).unlink([hookId])),
  };
}
