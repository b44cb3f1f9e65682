import { systemRandom } from "@holdfast/kernel/random";
import { type Actor, publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import { Actors } from "../identity/actors.ts";
import { egressAllowed } from "../mail/egress.ts";
import type { DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { deliveryModel, webhookModel } from "./models.ts";
import type { DeliveryOutcome, WebhookSender } from "./send.ts";
import { signatureHeaders } from "./sign.ts";
import { stillTold } from "./still-told.ts";

/** What one run did. */
export interface DeliveryResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  readonly held: number;
}

/** Minutes to wait after the first, second, … failure; after the last the message is given up and stays listed. */
export const deliveryRetryMinutes = [1, 5, 30, 120, 360, 720] as const;
/** Days that messages are kept after they were sent, and after they were given up or held. */
export const keptDays = { sent: 7, ended: 30 } as const;
const leaseSeconds = 120;
const messagesPerClaim = 10;
const maxClaimsPerRun = 100;
const sweptAtOnce = 1_000;
const messageFields = ["hook_id", "message_id", "body", "attempts"] as const;
type MessageRow = Row<typeof deliveryModel, (typeof messageFields)[number]>;

/**
 * Sends what waits, as the mail pump does: several workers may run at once, each claims messages for
 * {@link leaseSeconds}; one that dies in between sends a message again under the same id. A neutralized copy sends
 * nothing; a hook that is off, or whose owner may no longer sign in, sends nothing either.
 */
export async function pumpWebhooks(tenant: Tenant, sender: WebhookSender): Promise<DeliveryResult> {
  const total = { sent: 0, failed: 0, dead: 0, held: 0 };
  if (!egressAllowed(tenant) || !tenant.data.registry.models.has(webhookModel.name)) return total;
  if (!(await anyWaiting(tenant))) return total;
  for (let claim = 0; claim < maxClaimsPerRun; claim++) {
    const lease = Buffer.from(systemRandom.bytes(16)).toString("hex");
    const messages = await claimMessages(tenant, lease);
    const hooks = await liveHooks(tenant, [...new Set(messages.map(({ hook_id }) => hook_id.id))]);
    const done = await Promise.all(
      messages.map((message) =>
        deliver(tenant, sender, { message, lease, hook: hooks.get(message.hook_id.id) }),
      ),
    );
    for (const one of done) total[one] += 1;
    if (messages.length < messagesPerClaim) break;
  }
  return total;
}

/** Removes what was sent or given up long ago: bodies hold people's data. @returns how many, at most 1,000 a run. */
export async function sweepDeliveries(tenant: Pick<Tenant, "data">): Promise<number> {
  if (!tenant.data.registry.models.has(deliveryModel.name)) return 0;
  return tenant.data.writing(publicActor, (env) =>
    env.system("remove messages of webhooks that are over", async (system) => {
      const before = (days: number) =>
        nowOf(system)
          .subtract({ hours: 24 * days })
          .toString();
      const old = await system
        .of(deliveryModel)
        .search(
          [
            "|",
            "&",
            ["state", "=", "sent"],
            ["write_date", "<", before(keptDays.sent)],
            "&",
            ["state", "in", ["dead", "held"]],
            ["write_date", "<", before(keptDays.ended)],
          ],
          { limit: sweptAtOnce },
        );
      if (old.length > 0) await system.of(deliveryModel).unlink(old);
      return old.length;
    }),
  );
}

function anyWaiting(tenant: Tenant): Promise<boolean> {
  const env = tenant.data.reading(publicActor);
  return env.system("look whether messages of webhooks wait", async (system) => {
    return (await system.of(deliveryModel).count(waiting(nowOf(system)), { limit: 1 })) > 0;
  });
}

function claimMessages(tenant: Tenant, lease: string): Promise<MessageRow[]> {
  return tenant.data.writing(publicActor, (env) =>
    env.system("claim messages of webhooks that wait", async (system) => {
      const now = nowOf(system);
      const messages = system.of(deliveryModel);
      const rows = await messages.searchRead(waiting(now), messageFields, {
        order: "next_attempt, id",
        limit: messagesPerClaim,
      });
      const lease_until = now.add({ seconds: leaseSeconds });
      const held = { state: "sending", lease, lease_until, next_attempt: lease_until } as const;
      await messages.writeEach(
        rows.map(({ id, attempts }) => ({ id, values: { ...held, attempts: attempts + 1 } })),
      );
      return rows.map((row) => ({ ...row, attempts: row.attempts + 1 }));
    }),
  );
}

function waiting(now: Temporal.Instant): DomainOf<typeof deliveryModel> {
  const text = now.round({ smallestUnit: "second", roundingMode: "ceil" }).toString();
  return [
    "|",
    "&",
    ["state", "=", "waiting"],
    ["next_attempt", "<=", text],
    "&",
    ["state", "=", "sending"],
    ["lease_until", "<", text],
  ];
}

interface Claimed {
  readonly message: MessageRow;
  readonly lease: string;
  /** Absent: nothing may be told there. */
  readonly hook: LiveHook | undefined;
}

async function deliver(
  tenant: Tenant,
  sender: WebhookSender,
  claimed: Claimed,
): Promise<keyof DeliveryResult> {
  const { message, hook } = claimed;
  const told = hook === undefined ? null : await toldNow(tenant, hook.owner, message.body);
  if (hook === undefined || told === null) return note(tenant, claimed, "held");
  const body = JSON.stringify(told);
  const timestamp = Math.floor(nowOf(tenant.data.reading(publicActor)).epochMilliseconds / 1_000);
  const headers = signatureHeaders(hook.secret, { id: message.message_id, timestamp, body });
  return note(tenant, claimed, await sender.send({ url: hook.url, headers, body }));
}

/** Where messages go, and by whose right. */
interface LiveHook {
  readonly url: string;
  readonly secret: string;
  readonly owner: Actor;
}

/**
 * Asked at every attempt: who was archived, or lost the hook, tells nothing any more. As many statements for all hooks
 * of a claim as for one.
 */
function liveHooks(tenant: Tenant, ids: readonly number[]): Promise<ReadonlyMap<number, LiveHook>> {
  const env = tenant.data.reading(publicActor);
  return env.system("find where messages of webhooks go, and who tells them", async (system) => {
    const hooks = await system.of(webhookModel).searchRead(
      [
        ["id", "in", ids],
        ["state", "=", "on"],
      ],
      ["url", "secret", "user_id"],
      { limit: messagesPerClaim },
    );
    const userIds = [...new Set(hooks.map(({ user_id }) => user_id.id))];
    const actors = await new Actors().findAll(system, [["id", "in", userIds]], messagesPerClaim);
    const owners = new Map(actors.map((actor) => [actor.userId, actor]));
    return new Map(
      hooks.flatMap(({ id, url, secret, user_id }) => {
        const owner = owners.get(user_id.id);
        return secret === null || owner === undefined ? [] : [[id, { url, secret, owner }] as const];
      }),
    );
  });
}

/** Rights are asked again at every attempt: a message may wait for hours. @returns null when nothing may be told. */
function toldNow(tenant: Tenant, actor: Actor, body: unknown): Promise<unknown> {
  const reading = tenant.data.reading(publicActor);
  return reading.system("ask whether the owner of a webhook may still be told", (system) =>
    stillTold(system, { env: tenant.data.reading(actor), actor }, body),
  );
}

async function note(
  tenant: Tenant,
  { message, lease }: Claimed,
  outcome: DeliveryOutcome | "held",
): Promise<keyof DeliveryResult> {
  const { result, values } = noted(outcome, message.attempts);
  const reason = outcome === "held" || outcome.kind === "accepted" ? null : outcome.reason;
  await tenant.data.writing(publicActor, (env) =>
    env.system("note how a message of a webhook was sent", async (system) => {
      const mine = await system.of(deliveryModel).search([
        ["id", "=", message.id],
        ["lease", "=", lease],
      ]);
      if (mine.length === 0) return;
      await system.of(deliveryModel).write(mine, values(nowOf(system)));
      const hook = message.hook_id.id;
      if (outcome === "held") return;
      const off = outcome.kind === "gone" ? { state: "off" as const } : {};
      const [known] = await system.of(webhookModel).read([hook], ["last_failure"]);
      if (known?.last_failure !== reason || outcome.kind === "gone")
        await system.of(webhookModel).write([hook], { last_failure: reason, ...off });
    }),
  );
  return result;
}

function noted(outcome: DeliveryOutcome | "held", attempts: number) {
  if (outcome === "held")
    return { result: "held" as const, values: () => ({ state: "held" as const, lease_until: null }) };
  const { status } = outcome;
  if (outcome.kind === "accepted")
    return {
      result: "sent" as const,
      values: (now: Temporal.Instant) => ({
        state: "sent" as const,
        sent_at: now,
        lease_until: null,
        failure: null,
        status,
      }),
    };
  const failure = outcome.reason;
  const wait = outcome.kind === "gone" ? undefined : deliveryRetryMinutes[attempts - 1];
  if (wait === undefined)
    return {
      result: "dead" as const,
      values: () => ({ state: "dead" as const, lease_until: null, failure, status }),
    };
  return {
    result: "failed" as const,
    values: (now: Temporal.Instant) => ({
      state: "waiting" as const,
      next_attempt: now.add({ minutes: wait }),
      lease_until: null,
      failure,
      status,
    }),
  };
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
