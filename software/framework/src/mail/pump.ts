import { systemRandom } from "@holdfast/kernel/random";
import { publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import { withSignedLinks } from "../identity/links.ts";
import type { DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { egressAllowed } from "./egress.ts";
import { mailModel } from "./models.ts";
import type { MailTransport, SendOutcome } from "./transport.ts";

/** What one run of the pump did. */
export interface PumpResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
}

/** Minutes to wait after the first, second, … failure; after the last the mail is dead and stays listed. */
export const retryMinutes = [1, 5, 30, 120, 360] as const;
/** How long a sender may hold a mail before another takes it over. */
export const leaseSeconds = 120;
const mailsPerClaim = 10;
const maxClaimsPerRun = 100;
const mailFields = [
  "subject",
  "email_to",
  "email_from",
  "reply_to",
  "body_html",
  "body_text",
  "unsubscribe",
  "message_id",
  "attempts",
] as const;
type MailRow = Row<typeof mailModel, (typeof mailFields)[number]>;

/**
 * Sends what waits in a tenant's queue. May run in several workers at once: each claims mails for
 * {@link leaseSeconds}. A worker that dies between sending and noting it sends that mail again, under
 * the same Message-ID. Nothing at all happens where {@link egressAllowed} says no.
 */
export async function pumpMail(tenant: Tenant, transport: MailTransport): Promise<PumpResult> {
  const total = { sent: 0, failed: 0, dead: 0 };
  if (!egressAllowed(tenant) || !(await anyWaiting(tenant))) return total;
  for (let claim = 0; claim < maxClaimsPerRun; claim++) {
    const lease = Buffer.from(systemRandom.bytes(16)).toString("hex");
    const mails = await claimMails(tenant, lease);
    for (const mail of mails) total[await deliver(tenant, transport, { mail, lease })] += 1;
    if (mails.length < mailsPerClaim) break;
  }
  return total;
}

/** One cheap question first: most runs find nothing, and a claim costs a transaction. */
function anyWaiting(tenant: Tenant): Promise<boolean> {
  const env = tenant.data.reading(publicActor);
  return env.system("look whether mails wait to be sent", async (system) => {
    return (await system.of(mailModel).count(waiting(nowOf(system)), { limit: 1 })) > 0;
  });
}

function claimMails(tenant: Tenant, lease: string): Promise<MailRow[]> {
  return tenant.data.writing(publicActor, (env) =>
    env.system("claim mails that wait to be sent", async (system) => {
      const now = nowOf(system);
      const mails = system.of(mailModel);
      const rows = await mails.searchRead(waiting(now), mailFields, {
        order: "next_attempt, id",
        limit: mailsPerClaim,
      });
      const until = now.add({ seconds: leaseSeconds });
      const held = { state: "sending", lease, lease_until: until, next_attempt: until } as const;
      await mails.writeEach(
        rows.map(({ id, attempts }) => ({ id, values: { ...held, attempts: attempts + 1 } })),
      );
      return rows.map((row) => ({ ...row, attempts: row.attempts + 1 }));
    }),
  );
}

function waiting(now: Temporal.Instant): DomainOf<typeof mailModel> {
  return [
    "|",
    "&",
    ["state", "=", "outgoing"],
    ["next_attempt", "<=", remoteText(now)],
    "&",
    ["state", "=", "sending"],
    ["lease_until", "<", remoteText(now)],
  ];
}

async function deliver(
  tenant: Tenant,
  transport: MailTransport,
  { mail, lease }: { readonly mail: MailRow; readonly lease: string },
): Promise<keyof PumpResult> {
  const outcome = await transport.send(await onTheWire(tenant, mail));
  const { result, values } = noted(outcome, mail.attempts);
  await tenant.data.writing(publicActor, (env) =>
    env.system("note how a mail was sent", async (system) => {
      const now = nowOf(system);
      const held = await system.of(mailModel).search([
        ["id", "=", mail.id],
        ["lease", "=", lease],
      ]);
      if (held.length > 0) await system.of(mailModel).write(held, values(now));
    }),
  );
  return result;
}

async function onTheWire(tenant: Tenant, mail: MailRow) {
  const env = tenant.data.reading(publicActor);
  return {
    from: { name: mail.email_from ?? tenant.name, address: `no-reply@${new URL(tenant.baseUrl).hostname}` },
    to: mail.email_to,
    replyTo: mail.reply_to,
    subject: mail.subject,
    html: await withSignedLinks(tenant, env, mail.body_html ?? ""),
    text: await withSignedLinks(tenant, env, mail.body_text ?? ""),
    messageId: mail.message_id,
    unsubscribe: (await withSignedLinks(tenant, env, mail.unsubscribe ?? "")) || null,
  };
}

function noted(outcome: SendOutcome, attempts: number) {
  if (outcome.kind === "accepted")
    return {
      result: "sent" as const,
      values: (now: Temporal.Instant) => ({
        state: "sent" as const,
        sent_at: now,
        lease_until: null,
        failure: null,
      }),
    };
  const wait = outcome.kind === "refused" ? undefined : retryMinutes[attempts - 1];
  if (wait === undefined)
    return {
      result: "dead" as const,
      values: () => ({ state: "dead" as const, lease_until: null, failure: outcome.reason }),
    };
  return {
    result: "failed" as const,
    values: (now: Temporal.Instant) => ({
      state: "outgoing" as const,
      next_attempt: now.add({ minutes: wait }),
      lease_until: null,
      failure: outcome.reason,
    }),
  };
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}

/** A moment as domains write it: `YYYY-MM-DD HH:MM:SS`, UTC. Rounded up, so that "now" is not in the future of itself. */
function remoteText(moment: Temporal.Instant): string {
  return moment
    .round({ smallestUnit: "second", roundingMode: "ceil" })
    .toString()
    .slice(0, 19)
    .replace("T", " ");
}
