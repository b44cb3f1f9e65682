import type { OpenedLink } from "@holdfast/framework/identity/links";
import { logMessages } from "@holdfast/framework/mail/messages";
import type { Environment } from "@holdfast/framework/model/environment";
import { escapeLike } from "@holdfast/framework/model/escape-like";
import { partnerModel } from "./partner.ts";

const maxContacts = 100;
/** Contacts of one database that are compared after a restore; as in restored.ts. */
const maxRows = 1_000_000;

/** To whom a mail would go. */
interface Addressee {
  readonly contactId?: number;
  readonly address: string;
}

/** Addressees that one statement asks for. */
const addresseesAtOnce = 500;

/**
 * Since when somebody of them wants no mails: the contact itself, or any contact with that address, archived ones too.
 *
 * @returns null: all may be mailed.
 */
export async function unsubscribedSince(
  env: Environment,
  to: readonly Addressee[],
): Promise<Temporal.Instant | null> {
  return env.system("see whether somebody wants no mails", (system) => unsubscribedInSight(system, to));
}

/** The same as the caller's own eyes see it: a contact of another company tells nothing, a hidden day least of all. */
export async function unsubscribedInSight(
  env: Environment,
  to: readonly Addressee[],
): Promise<Temporal.Instant | null> {
  for (let at = 0; at < to.length; at += addresseesAtOnce) {
    const some = to.slice(at, at + addresseesAtOnce);
    const addresses = [...new Set(some.map(({ address }) => address))];
    const named = addresses.flatMap((one) => ["|", ["email", "=ilike", escapeLike(one)] as const] as const);
    const ids = some.flatMap(({ contactId }) => contactId ?? []);
    const domain = [["unsubscribed_at", "!=", false] as const, ...named, ["id", "in", ids] as const];
    const [row] = (await env
      .of(partnerModel)
      .searchRead(domain as never, ["unsubscribed_at"], { limit: 1, activeOnly: false })) as readonly {
      readonly unsubscribed_at: Temporal.Instant | null;
    }[];
    if (row !== undefined) return row.unsubscribed_at;
  }
  return null;
}

/** Whom a link speaks for: nobody when the contact has another address by now, or is gone. */
export async function speaksFor(env: Environment, link: OpenedLink): Promise<boolean> {
  return env.system("see whose mails a link ends", async (system) => {
    const rows = await system
      .of(partnerModel)
      .searchRead([["id", "=", link.recordId]], ["email"], { limit: 1, activeOnly: false });
    return rows[0]?.email?.toLowerCase() === link.recipient.toLowerCase();
  });
}

/**
 * Ends mails to the address of a link: for every contact that has it, so that none of them has to stay for the word to
 * hold. Said again it changes nothing.
 */
export async function unsubscribe(env: Environment, link: OpenedLink): Promise<void> {
  await env.system("a contact ends our mails by link", async (system) => {
    const ids = await contactsOf(system, link, "=");
    if (ids.length === 0) return;
    const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
    await system.of(partnerModel).write(ids, { unsubscribed_at: now });
    await note(system, ids, { link, subject: "Unsubscribed: wants no mails any more" });
  });
}

/** Undoes it, for every contact of the address. */
export async function subscribeAgain(env: Environment, link: OpenedLink): Promise<void> {
  await env.system("a contact takes our mails again by link", async (system) => {
    const ids = await contactsOf(system, link, "!=");
    if (ids.length === 0) return;
    await system.of(partnerModel).write(ids, { unsubscribed_at: null });
    await note(system, ids, { link, subject: "Takes mails again" });
  });
}

/** Every contact of the address that has not (`=`) or has (`!=`) ended our mails. */
function contactsOf(system: Environment, { recipient }: OpenedLink, unset: "=" | "!="): Promise<number[]> {
  return system.of(partnerModel).search(
    [
      ["unsubscribed_at", unset, false],
      ["email", "=ilike", escapeLike(recipient)],
    ],
    { limit: maxContacts, activeOnly: false },
  );
}

function note(
  system: Environment,
  ids: readonly number[],
  { link, subject }: { readonly link: OpenedLink; readonly subject: string },
): Promise<void> {
  const authorName = `the link mailed to ${link.recipient}`;
  const lines = ids.map((id) => ({ model: "res.partner", id, kind: "change" as const, subject, authorName }));
  return logMessages(system, lines);
}

/** After a restore over live, or before contacts alone come back: who unsubscribed since the backup stays unsubscribed. */
export async function keepUnsubscribed(env: Environment, today: Environment): Promise<void> {
  const now = await today
    .of(partnerModel)
    .searchRead([["unsubscribed_at", "!=", false]], ["unsubscribed_at"], {
      limit: maxRows,
      activeOnly: false,
    });
  for (const { id, unsubscribed_at } of now) {
    const [row] = await env
      .of(partnerModel)
      .searchRead([["id", "=", id]], ["unsubscribed_at"], { limit: 1, activeOnly: false });
    if (row !== undefined && row.unsubscribed_at === null)
      await env.of(partnerModel).write([id], { unsubscribed_at });
  }
}
