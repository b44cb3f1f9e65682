import { html } from "@holdfast/framework/http/html-tag";
import { queueMail } from "@holdfast/framework/mail/queue";
import { Customer, isProbeName } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** So long before a copy is deleted its customer is told. */
const noticeMs = 2 * 86_400_000;

/**
 * Writes to the customer of every copy that ends within two days, once: extending it makes it due again. The mail and
 * the note that it was written commit together. @returns how many were written.
 */
export async function tellOfEndingCopies({ data, clock }: Pick<Parts, "data" | "clock">): Promise<number> {
  const soon = Temporal.Instant.fromEpochMilliseconds(clock.now() + noticeMs).toString();
  const copies = await data
    .reading(controlActor)
    .of(Database)
    .searchRead(
      [
        ["neutralized", "=", true],
        ["state", "=", "running"],
        ["expires_at", "<", soon],
        ["expiry_warned_at", "=", false],
      ],
      ["name", "url", "expires_at", "customer_id"],
    );
  for (const copy of copies)
    await data.writing(controlActor, async (env) => {
      const at = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
      await env.of(Database).write([copy.id], { expiry_warned_at: at });
      const [customer] = await env.of(Customer).read([copy.customer_id.id], ["name", "email"]);
      if (customer === undefined || isProbeName(copy.name)) return;
      const when = `${copy.expires_at?.toString().slice(0, 16).replace("T", " ") ?? ""} UTC`;
      const words = `The copy ${copy.name} of ${customer.name} is deleted on ${when}, with all that was changed in it. Whoever still needs it keeps it under Settings, Backups, for 14 days more.`;
      await queueMail(env, {
        to: customer.email,
        subject: `Your copy ${copy.name} is deleted on ${when}`,
        html: html`<p>${words}</p>${copy.url ? html`<p><a href="${copy.url}">Open the copy</a></p>` : ""}`,
        text: `${words}\n${copy.url ?? ""}`,
      });
    });
  return copies.length;
}
