import type { Environment } from "./environment.ts";
import type { DefaultContext } from "./field.ts";

/** What defaults may depend on: who creates the record, and when. */
export function defaultContext({ actor, clock }: Pick<Environment, "actor" | "clock">): DefaultContext {
  return {
    userId: actor.userId,
    partnerId: actor.partnerId,
    companyId: actor.companyIds[0] ?? null,
    language: actor.language,
    timeZone: actor.timeZone,
    groups: actor.groups,
    nowMs: clock.now(),
  };
}
