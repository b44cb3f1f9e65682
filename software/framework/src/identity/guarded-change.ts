import type { Environment } from "../model/environment.ts";
import type { Guard, GuardedChange } from "../model/model.ts";
import { requireRecentConfirmation } from "./recent-confirmation.ts";
import { actorName, recordSecurityEvent, recordSecurityEvents, type SecurityEvent } from "./security-log.ts";

const maxLoggedIds = 20;

/** What a guard says of its model. */
export interface Guarded {
  readonly event: SecurityEvent;
  /** In words, for the log: `the sign-in policy`. */
  readonly what: string;
  readonly fields: Guard["fields"];
}

/**
 * For models that decide who may come in and do what: a person's change wants a confirmation of the last ten minutes,
 * as sensitive routes do, and stands in the log of sign-ins with the fields that it set, never their values. Programs
 * with an API key cannot make it.
 */
export function confirmedAndLogged(guarded: Guarded): Guard {
  return {
    fields: guarded.fields,
    async ask(env, change) {
      requireRecentConfirmation(env.actor, env.clock.now());
      await logChange(env, guarded, change);
    },
  };
}

function logChange(env: Environment, { event, what }: Guarded, change: GuardedChange): Promise<void> {
  const done = { create: "added", write: "changed", delete: "removed" }[change.operation];
  const ids = change.ids.slice(0, maxLoggedIds).join(", ");
  const fields = change.fields.length === 0 ? "" : `: ${[...change.fields].sort().join(", ")}`;
  const detail = `${what} ${done} (${ids})${fields}`;
  return recordSecurityEvent(env, { event, outcome: "ok", userId: env.actor.userId, detail });
}

/** Whoever changes one of these of somebody can come in as them, let them in, or give themselves every right. */
const confirmedOfUsers: readonly string[] = ["login", "email", "active", "groups_id"];

/**
 * For users: each change of what lets one in or says what one may is in the log of that user, with who made it. In a
 * session it wants a confirmation of the last ten minutes, or a stolen one could set somebody's address and ask for a
 * reset; an API key's scopes say whether it reaches users at all, and nobody is there to confirm.
 */
export const userGuard: Guard = {
  fields: [...confirmedOfUsers, "company_id", "company_ids"],
  async ask(env, { operation, ids, fields }) {
    const isSensitive = operation !== "write" || fields.some((name) => confirmedOfUsers.includes(name));
    if (isSensitive && env.actor.byKey !== true) requireRecentConfirmation(env.actor, env.clock.now());
    const by = await actorName(env);
    const done = { create: "added", write: "changed", delete: "removed" }[operation];
    const detail = `${done} by ${by}: ${[...fields].sort().join(", ")}`;
    await recordSecurityEvents(
      env,
      ids.map((userId) => ({ event: "user_changed", outcome: "ok", userId, detail })),
    );
  },
};
