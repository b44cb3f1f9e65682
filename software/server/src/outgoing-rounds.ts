import type { ServerHooks } from "@holdfast/framework/http/hooks";
import type { Tenant } from "@holdfast/framework/http/route";
import { nextSending } from "@holdfast/framework/mail/next-sending";
import { pumpMail } from "@holdfast/framework/mail/pump";
import { type MailTransport, smtpTransport } from "@holdfast/framework/mail/transport";
import { pumpWebhooks } from "@holdfast/framework/webhooks/pump";
import { type WebhookSender, webhookSender } from "@holdfast/framework/webhooks/send";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";

/** Changes close together share one round. */
const pauseMilliseconds = 150;
/** What waits for a second try is looked for this often in each open tenant. */
const sweepMilliseconds = 30_000;

/** Sends what waits in the queues of open tenants, mail and webhooks: soon after a change, in slow rounds what failed. */
export class OutgoingRounds {
  readonly #webhooks: WebhookSender;
  readonly #transport: MailTransport | null;
  readonly #notes: ServerHooks["outgoing"];
  readonly #clock: Clock;
  /** When something is next to be sent, as it was last noted elsewhere. */
  readonly #noted = new Map<string, number>();
  readonly #log: Log;
  readonly #tenants = new Map<string, Tenant>();
  readonly #planned = new Map<string, NodeJS.Timeout>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(
    { mail, outgoing }: Pick<ServerHooks, "mail" | "outgoing">,
    clock: Clock,
    log: Log,
    webhooks: WebhookSender = webhookSender(),
  ) {
    this.#webhooks = webhooks;
    this.#transport = mail === null ? null : smtpTransport(mail);
    this.#notes = outgoing;
    this.#clock = clock;
    this.#log = log;
    this.#sweep = setInterval(() => {
      for (const tenant of this.#tenants.values()) this.#plan(tenant);
    }, sweepMilliseconds);
  }

  /** Remembers the tenant, and looks into its queue when it was never looked into or has just changed. */
  soon(tenant: Tenant, changed = false): void {
    const known = this.#tenants.get(tenant.id) === tenant;
    this.#tenants.set(tenant.id, tenant);
    if (!known || changed) this.#plan(tenant);
  }

  /** Another one of the same id goes on: its key or its apps were changed. */
  forget(tenant: Tenant): void {
    if (this.#tenants.get(tenant.id) !== tenant) return;
    this.#tenants.delete(tenant.id);
    clearTimeout(this.#planned.get(tenant.id));
    this.#planned.delete(tenant.id);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const timer of this.#planned.values()) clearTimeout(timer);
    this.#planned.clear();
    await Promise.all(this.#running.values());
    this.#transport?.close();
  }

  #plan(tenant: Tenant): void {
    if (this.#planned.has(tenant.id)) return;
    this.#planned.set(
      tenant.id,
      setTimeout(() => {
        this.#planned.delete(tenant.id);
        this.#round(tenant);
      }, pauseMilliseconds),
    );
  }

  #round(tenant: Tenant): void {
    if (this.#running.has(tenant.id)) return this.#plan(tenant);
    const round = this.#send(tenant)
      .catch((error: unknown) =>
        this.#log("warn", "what waits could not be looked at", { tenant: tenant.name, error }),
      )
      .finally(() => this.#running.delete(tenant.id));
    this.#running.set(tenant.id, round);
  }

  /** Noted before it is sent: whoever dies meanwhile leaves the note, and the next one opens this tenant for it. */
  async #send(tenant: Tenant): Promise<void> {
    const dueMs = await nextSending(tenant);
    await this.#note(tenant, dueMs);
    if (dueMs === null || dueMs > this.#clock.now()) return;
    await Promise.all([this.#sendMail(tenant), this.#sendWebhooks(tenant)]);
    const laterMs = await nextSending(tenant);
    // That nothing is left the next slow round notes, so that a burst costs one note.
    if (laterMs !== null) await this.#note(tenant, laterMs);
  }

  async #note(tenant: Tenant, dueMs: number | null): Promise<void> {
    if (this.#notes === undefined || this.#noted.get(tenant.id) === (dueMs ?? undefined)) return;
    try {
      await this.#notes.note(tenant.id, dueMs);
    } catch (error) {
      return this.#log("warn", "what waits could not be noted", { tenant: tenant.name, error });
    }
    if (dueMs === null) this.#noted.delete(tenant.id);
    else this.#noted.set(tenant.id, dueMs);
  }

  async #sendMail(tenant: Tenant): Promise<void> {
    if (this.#transport === null) return;
    try {
      const result = await pumpMail(tenant, this.#transport);
      if (result.sent + result.failed + result.dead > 0)
        this.#log("info", "mail went out", { tenant: tenant.name, ...result });
    } catch (error) {
      this.#log("warn", "mail could not be sent", { tenant: tenant.name, error });
    }
  }

  async #sendWebhooks(tenant: Tenant): Promise<void> {
    try {
      const result = await pumpWebhooks(tenant, this.#webhooks);
      if (result.sent + result.failed + result.dead + result.held > 0)
        this.#log("info", "messages of webhooks went out", { tenant: tenant.name, ...result });
    } catch (error) {
      this.#log("warn", "messages of webhooks could not be sent", { tenant: tenant.name, error });
    }
  }
}
