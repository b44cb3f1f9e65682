import { ExpectedError } from "@holdfast/kernel/errors";
import { actorKey } from "../access/actor-key.ts";
import type { Caller } from "./caller.ts";
import type { Tenant } from "./route.ts";

/** Callers remembered for one tenant; the one not seen for longest goes first. */
const maxRemembered = 2_000;

/**
 * Callers as they were at their last request. Nothing is decided by this: it says which first statement to send
 * together with the check of who asks, and the check says whether anybody may see what it gives.
 */
export class LastSeen {
  readonly #callers = new WeakMap<Tenant, Map<string, Caller>>();

  of(tenant: Tenant, credential: string): Caller | undefined {
    return this.#callers.get(tenant)?.get(credential);
  }

  keep(tenant: Tenant, credential: string, caller: Caller): void {
    let callers = this.#callers.get(tenant);
    if (callers === undefined) this.#callers.set(tenant, (callers = new Map()));
    callers.delete(credential);
    if (callers.size >= maxRemembered) callers.delete(callers.keys().next().value as string);
    if (caller.actor.kind === "user") callers.set(credential, { ...caller, cookies: [] });
  }
}

/** Whether two callers are alike in all that an answer may depend on. */
export function sameCaller(one: Caller, other: Caller): boolean {
  return (
    one.sessionKey === other.sessionKey &&
    one.keyId === other.keyId &&
    one.binding === other.binding &&
    one.link === other.link &&
    actorKey(one.actor) === actorKey(other.actor)
  );
}

/**
 * Runs `work` for the caller as last seen while the check is under way. Its data hand out no result, and begin no
 * change, before the check has confirmed that nothing about the caller has changed; when something has, what it
 * came to is thrown away, be it an answer or a failure, and it runs again.
 *
 * @throws what the check throws: a session that is over ends the request, whatever `work` has done by then.
 */
export async function overlapped<T>(
  tenant: Tenant,
  { guess, check }: { readonly guess: Caller; check(tenant: Tenant): Promise<Caller> },
  work: (tenant: Tenant, caller: Caller) => Promise<T>,
): Promise<{ readonly result: T; readonly caller: Caller }> {
  const data = tenant.data.oneRequest();
  const checked = check({ ...tenant, data });
  const confirmed = checked.then((caller) => {
    if (!sameCaller(caller, guess)) throw changedSince();
  });
  const [tried, [found]] = await Promise.all([
    Promise.allSettled([work({ ...tenant, data: data.oneRequest(confirmed) }, guess)]),
    Promise.allSettled([checked, confirmed]),
  ]);
  if (found.status === "rejected") throw found.reason;
  const caller = found.value;
  if (!sameCaller(caller, guess)) return { result: await work(tenant, caller), caller };
  const [outcome] = tried;
  if (outcome.status === "rejected") throw outcome.reason;
  return { result: outcome.value, caller };
}

/** Nobody sees it: what met it runs again. */
function changedSince(): ExpectedError {
  return new ExpectedError("unauthenticated", "What may be done has changed meanwhile.", {
    hint: "Try again.",
  });
}
