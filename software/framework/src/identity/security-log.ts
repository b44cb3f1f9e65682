import { countedSource } from "../http/source-address.ts";
import type { Environment } from "../model/environment.ts";
import { deviceName } from "./device-name.ts";
import { securityLogModel } from "./security-log-model.ts";

/** What is logged of an account besides the sign-ins themselves. */
export type SecurityEvent =
  | "sign_in"
  | "second_factor"
  | "signed_up"
  | "confirmation"
  | "throttled"
  | "block_lifted"
  | "password_changed"
  | "password_link_sent"
  | "factor_changed"
  | "session_ended"
  | "key_made"
  | "key_ended"
  | "link_revoked"
  | "links_rotated"
  | "policy_changed"
  | "provider_changed"
  | "access_changed"
  | "user_changed";

/** `blocked`: not even checked, because of too many failures. */
export type SecurityOutcome = "ok" | "refused" | "blocked";

/** Where it was caused from; absent for what no request caused. */
export interface EventOrigin {
  readonly source: string;
  readonly userAgent: string;
}

export interface LoggedEvent {
  readonly event: SecurityEvent;
  readonly outcome: SecurityOutcome;
  /** Null: a login that is nobody's. */
  readonly userId: number | null;
  readonly from?: EventOrigin | undefined;
  /** By what means: `password`, `totp`, `oidc`, … */
  readonly method?: string;
  /** Words of ours. NEVER anything that a person typed, no token, no hash. */
  readonly detail?: string;
}

const detailCharacters = 500;
/** How long the log is kept. */
export const securityLogDays = 400;
const sweptAtOnce = 1_000;

/**
 * Adds one line to the log, in the caller's transaction: what rolls back was not done, and is not logged.
 * Two statements, the same for every login, whether it exists or not.
 */
export function recordSecurityEvent(env: Environment, given: LoggedEvent): Promise<void> {
  return recordSecurityEvents(env, [given]);
}

/** Adds lines to the log: two statements for any number, as for one. */
export async function recordSecurityEvents(env: Environment, events: readonly LoggedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await env.system("add to the log of sign-ins", async (system) => {
    const logins = await loginsOf(system, [...new Set(events.map(({ userId }) => userId ?? 0))]);
    const at = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
    await system.of(securityLogModel).create(
      events.map((given) => {
        const who = logins.get(given.userId ?? 0);
        return {
          at,
          event: given.event,
          outcome: given.outcome,
          user_id: who === undefined ? null : given.userId,
          who: who ?? "an unknown login",
          method: given.method ?? "",
          source: given.from === undefined ? "" : countedSource(given.from.source).slice(0, 64),
          device: given.from === undefined ? "" : deviceName(given.from.userAgent),
          detail: (given.detail ?? "").slice(0, detailCharacters),
        };
      }),
    );
  });
}

/** Who does this, for the log: a login; for code of ours what it is. */
export async function actorName(env: Environment): Promise<string> {
  const { userId } = env.actor;
  if (userId === null) return "code of ours";
  const logins = await env.system("name in the log who did it", (system) => loginsOf(system, [userId]));
  return logins.get(userId) ?? "somebody";
}

/** A sign-in, right or wrong, by whatever means. */
export function recordSignIn(
  env: Environment,
  given: Omit<LoggedEvent, "event" | "from"> & { readonly from: EventOrigin },
): Promise<void> {
  return recordSecurityEvent(env, { event: "sign_in", ...given });
}

/** Forgets lines older than {@link securityLogDays}. @returns how many; at most 1,000 a run. */
export async function sweepSecurityLog(env: Environment): Promise<number> {
  return env.system("forget old lines of the log of sign-ins", async (system) => {
    const before = Temporal.Instant.fromEpochMilliseconds(system.clock.now()).subtract({
      hours: securityLogDays * 24,
    });
    const old = await system
      .of(securityLogModel)
      .search([["at", "<", before.toString()]], { limit: sweptAtOnce, order: "at" });
    if (old.length > 0) await system.of(securityLogModel).unlink(old);
    return old.length;
  });
}

async function loginsOf(
  system: Environment,
  userIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  // By its name: the model of users has a guard that writes to this log.
  const rows = (await system.model("res.users").searchRead([["id", "in", userIds]], ["login" as never], {
    limit: userIds.length,
    activeOnly: false,
  })) as unknown as readonly { readonly id: number; readonly login: string }[];
  return new Map(rows.map(({ id, login }) => [id, login]));
}
