import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";
import { moveOrders } from "./order-state.ts";
import { acceptable } from "./quotation-page.ts";
import { digestOf, mailedTo, readQuotation } from "./quotation-view.ts";

const maxSignerCharacters = 120;

/**
 * Accepts a quotation for the holder of its link: once, while it is open, with the name of the person. Two at
 * once: one commits, the other is run again and finds it accepted.
 *
 * @param by.seen - digest of the page that was read.
 * @throws `invalid` without a name; `conflict` when it cannot be accepted any more, or was changed since it was read.
 */
export async function acceptQuotation(
  env: Environment,
  id: number,
  by: { readonly signer: string; readonly seen: string; readonly recipient: string },
): Promise<void> {
  const signer = by.signer.replace(/\s+/g, " ").trim();
  if (signer === "" || signer.length > maxSignerCharacters || /[\u0000-\u001f\u007f]/.test(signer))
    throw refusal("invalid", `Write your name, in at most ${maxSignerCharacters} characters.`);
  const view = await readQuotation(env, id, mailedTo(by.recipient));
  if (!acceptable(view))
    throw refusal("conflict", "This quotation cannot be accepted any more: look at its state above.");
  if ((await digestOf(view)) !== by.seen)
    throw refusal(
      "conflict",
      "This quotation was changed while you read it. Please read it again before you accept.",
    );
  const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  await moveOrders(env, [id], "confirm", {
    authorName: `${signer} (${by.recipient})`,
    values: { signed_by: signer, signed_on: now },
  });
}
